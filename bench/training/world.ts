// Views and labels for measurements of training sets: five views of four features each, 20 rows of each of 100,000 entities
// per view, over 60 days, and labels in the second 30 of them.

import { type App, openApp } from '../../src/app.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Dataset } from '../../src/definition/dataset.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { migrate } from '../../src/state/migrate.ts';
import { deployViewRows } from '../../src/state/views/views.ts';
import { sourceLimits } from '../../test/support/limits.ts';
import { at, feature, fingerprinted, view } from '../../test/support/views.ts';
import type { CompareServers } from '../compare/rival.ts';

export const VIEWS = ['v1', 'v2', 'v3', 'v4', 'v5'];
export const FEATURES = ['a', 'b', 'c', 'd'];
const ENTITIES = 100_000;

/** Millrace over the servers, whose Postgres is the offline store and the source `shop`. */
export function openTrainingApp({ postgres: url, redis }: CompareServers): App {
  return openApp({
    folder: process.cwd(),
    connections: {
      offline: { url },
      online: { url: redis, prefix: 'mr' },
      queue: { url: redis, prefix: 'millrace' },
      sources: { shop: { url, ...sourceLimits({ statementTimeoutMs: 3_600_000 }) } },
    },
    log: silentLog,
  });
}

function viewOf(name: string, place: number): FeatureView {
  return view({
    name,
    kind: place % 2 === 0 ? 'events' : 'snapshot',
    unitMs: 3_600_000,
    start: at('2026-01-01'),
    end: null,
    features: [feature('a', 'float'), feature('b', 'float'), feature('c', 'int'), feature('d', 'bool')],
  });
}

/** Deploys the views, with rows as runs would have stored them. */
export async function storeViews({ database }: App, rowsPerEntity: number): Promise<void> {
  await migrate(database);
  await deployViewRows(
    database,
    VIEWS.map((name, place) => fingerprinted(viewOf(name, place))),
  );
  for (const name of VIEWS) {
    await database.run(
      `insert into features.${name}
       select 'customer-' || e, timestamptz '2026-01-01 00:00:01+00' + k * interval '60 days' / ${rowsPerEntity} + e % 3600 * interval '1 second',
              random(), random(), e * k, e % 2 = 0, 1
         from generate_series(1, ${ENTITIES}) e, generate_series(0, ${rowsPerEntity - 1}) k order by 1, 2`,
    );
    await database.run(`vacuum analyze features.${name}`);
  }
  await database.run(`update millrace.coverage set covered = '{[2026-01-01,2026-04-01)}'`);
}

/** A table of labels `entity_id`, `timestamp` and `churned`. */
export async function storeLabels({ database }: App, table: string, labels: number): Promise<void> {
  await database.run(
    `create table public.${table} as select distinct on (entity_id, timestamp) * from (
       select 'customer-' || (1 + floor(random() * ${ENTITIES})::int) as entity_id,
              timestamptz '2026-02-01' + random() * interval '30 days' as timestamp, random() < 0.1 as churned
         from generate_series(1, ${labels})) labels`,
  );
  await database.run(`vacuum analyze ${table}`);
}

/** The training set of these labels with the first so many views. */
export function datasetOf(table: string, views = VIEWS.length): Dataset {
  return {
    name: table,
    description: '',
    labels: {
      kind: 'query',
      source: 'shop',
      query: `select * from ${table} where timestamp >= {{start}} and timestamp < {{end}}`,
    },
    start: at('2026-02-01'),
    end: at('2026-03-04'),
    views: VIEWS.slice(0, views).map((name) => ({
      view: name,
      as: name,
      features: null,
      ageMaxMs: null,
      entityColumn: 'entity_id',
    })),
    delayMs: 600_000,
    coverage: 'required',
    format: 'parquet',
    partition: null,
    split: null,
  };
}
