// The process of a worker for a comparison: loads the compared table each time that it is asked to.

import { checkSentinel } from '../../src/online/sentinel/check-sentinel.ts';
import { at, feature, view } from '../../test/support/views.ts';
import { answerLines } from './line-server.ts';
import { type CompareCase, type CompareServers, featureColumns } from './rival.ts';
import { openBenchSystem } from './system.ts';

type Orders = { readonly servers: CompareServers; readonly compared: CompareCase };

const { servers, compared }: Orders = JSON.parse(process.env['MILLRACE_BENCH_ORDERS'] ?? '{}');
const names = featureColumns(compared);
const big = view({
  name: 'big',
  end: at('2026-01-02'),
  features: names.map((name) => feature(name, 'float')),
  query: `select entity_id, {{end}} as timestamp, ${names.join(', ')} from big`,
});

await using system = await openBenchSystem({ database: servers.postgres, redis: servers.redis });
await answerLines({
  prepare: async () => {
    await system.sql('delete from millrace.view; drop table if exists features.big');
    await system.apply(big);
    // As the scheduler does: a store that was flushed since the last round is found before anything is published, and not
    // by the first publish, after which the view would wait for a rebuild that nothing here performs.
    await checkSentinel(system.app);
    return {};
  },
  load: async () => {
    await system.restate();
    const [run] = await system.materialize('big');
    if (run?.counts.accepted !== compared.rows) throw new Error(`run ended with ${JSON.stringify(run?.counts)}`);
    return {};
  },
});
