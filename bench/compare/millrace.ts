// Millrace: the engine of one worker, with all of its checks, records and guards.

import { at, feature, view } from '../../test/support/views.ts';
import { type CompareCase, featureColumns, type OpenRival } from './rival.ts';
import { openBenchSystem } from './system.ts';

/** The view of the compared table. */
export function comparedView(compared: CompareCase) {
  const names = featureColumns(compared);
  return view({
    name: 'big',
    end: at('2026-01-02'),
    features: names.map((name) => feature(name, 'float')),
    query: `select entity_id, {{end}} as timestamp, ${names.join(', ')} from big`,
  });
}

export const openMillrace: OpenRival = async ({ postgres, redis }, compared) => {
  const system = await openBenchSystem({ database: postgres, redis });
  await system.sql('delete from millrace.view; drop table if exists features.big');
  await system.apply(comparedView(compared));
  return {
    name: 'millrace',
    load: async () => {
      await system.restate();
      const [run] = await system.materialize('big');
      if (run?.counts.accepted !== compared.rows) throw new Error(`run ended with ${JSON.stringify(run?.counts)}`);
      return 0;
    },
    [Symbol.asyncDispose]: () => system[Symbol.asyncDispose](),
  };
};
