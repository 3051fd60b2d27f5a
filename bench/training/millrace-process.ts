// The process of Millrace for comparisons of training sets: builds sets, and reads pairs of entities and times.

import { buildDataset } from '../../src/datasets/build.ts';
import { localTarget } from '../../src/datasets/targets/local-target.ts';
import { openReader } from '../../src/reader.ts';
import type { EntityAt } from '../../src/reader-types.ts';
import { answerLines } from '../compare/line-server.ts';
import type { CompareServers } from '../compare/rival.ts';
import { datasetOf, openTrainingApp } from './world.ts';

const servers: CompareServers = JSON.parse(process.env['MILLRACE_BENCH_ORDERS'] ?? '{}');
await using app = openTrainingApp(servers);
await using reader = openReader({ offlineUrl: servers.postgres, onlineUrl: servers.redis, deadlineMs: 60_000 });
let pairs: readonly EntityAt[] = [];

type Building = { readonly table: string; readonly out: string };

await answerLines({
  build: async ({ table, out }: Building) => {
    const { rows } = await buildDataset({
      ...app,
      dataset: datasetOf(table),
      target: localTarget(out),
      owner: app.processId,
      leaseMs: 30_000,
      millrace: 'bench',
      signal: new AbortController().signal,
    });
    return { rows };
  },
  pairs: async ({ table }: { readonly table: string }) => {
    const rows = await app.database.query<{ id: string; micros: string }>(
      `select entity_id as id, (extract(epoch from timestamp) * 1000000)::bigint::text as micros from ${table}`,
    );
    pairs = rows.map(({ id, micros }) => ({ entityId: id, at: Number(micros) as EntityAt['at'] })); // as the statement says
    return { pairs: pairs.length };
  },
  asOf: async ({ views }: { readonly views: readonly string[] }) => {
    const rows = await reader.readAsOf(views, pairs);
    const [first = ''] = views;
    const values = rows.map((row) => Number(row[first]?.values['a'] ?? Number.NaN)).filter(Number.isFinite);
    return { rows: rows.length, found: values.length, sum: values.reduce((sum, one) => sum + one, 0) };
  },
});
