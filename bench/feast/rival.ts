// Feast: one process that materializes the compared table into Redis only; Feast cannot write to Postgres.

import { featureColumns, type OpenRival, SNAPSHOT_AT } from '../compare/rival.ts';
import { openFeastProject } from './repository.ts';

export const openFeast: OpenRival = async (servers, compared) => {
  const names = featureColumns(compared);
  const view = {
    name: 'big',
    query: `select entity_id, timestamptz '${SNAPSHOT_AT}' as event_timestamp, ${names.join(', ')} from big`,
    features: Object.fromEntries(names.map((name) => [name, 'Float64' as const])),
  };
  const feast = await openFeastProject(servers, [view]);
  const { process } = feast;
  return {
    name: 'feast',
    pid: process.pid,
    load: async () => {
      const span = { start: '2026-01-01T00:00:00+00:00', end: '2026-01-03T00:00:00+00:00' };
      await process.ask({ do: 'materialize', views: ['big'], ...span });
      const asked = [['customer-1', `customer-${compared.rows}`]];
      const features = names.map((name) => `big:${name}`);
      const { missing } = await process.ask<{ missing: number }>({ do: 'online', features, asked });
      if (missing > 0) throw new Error(`Feast has not written ${missing} values`);
      return 0;
    },
    [Symbol.asyncDispose]: () => feast[Symbol.asyncDispose](),
  };
};
