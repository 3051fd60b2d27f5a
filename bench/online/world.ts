// Three views of two features and 10,000 entities in one Redis, written by Millrace and by Feast from the same tables.

import { performRun } from '../../src/run/perform.ts';
import { migrate } from '../../src/state/migrate.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { deployViewRows, requireAppliedView } from '../../src/state/views/views.ts';
import { at, feature, fingerprinted, view } from '../../test/support/views.ts';
import type { CompareServers } from '../compare/rival.ts';
import { openBenchSystem } from '../compare/system.ts';
import { type Feast, openFeastProject } from '../feast/repository.ts';

export const VIEWS = ['orders', 'visits', 'baskets'];
export const ENTITIES = 10_000;

export function featuresOf(name: string): string[] {
  return [`${name}_a`, `${name}_b`];
}

/** Creates the tables, deploys the views and runs them. */
export async function storeOnline({ postgres: database, redis }: CompareServers): Promise<void> {
  await using system = await openBenchSystem({ database, redis });
  const { app } = system;
  await migrate(app.database);
  for (const name of VIEWS) {
    const [a, b] = featuresOf(name);
    await system.sql(
      `create table public.${name} as select i::text as entity_id, random() as ${a}, random() as ${b} from generate_series(1, ${ENTITIES}) i`,
    );
    const stored = view({
      name,
      end: at('2026-01-02'),
      features: featuresOf(name).map((one) => feature(one, 'float')),
      query: `select *, {{end}} as timestamp from ${name}`,
    });
    await deployViewRows(app.database, [fingerprinted(stored)]);
    const applied = await requireAppliedView(app.database, name);
    for (const run of await planDue(app.database, applied, 'manual', DEFAULT_RUN_OPTIONS))
      await performRun(app.engine, run, new AbortController().signal);
  }
}

/** The same tables, views and rows in Feast. */
export async function openFeastOnline(servers: CompareServers): Promise<Feast> {
  const feast = await openFeastProject(
    servers,
    VIEWS.map((name) => ({
      name,
      query: `select *, timestamptz '2026-01-02T00:00:00Z' as event_timestamp from ${name}`,
      features: Object.fromEntries(featuresOf(name).map((one) => [one, 'Float64' as const])),
    })),
  );
  const span = { start: '2026-01-01T00:00:00+00:00', end: '2026-01-03T00:00:00+00:00' };
  await feast.process.ask({ do: 'materialize', views: VIEWS, ...span });
  return feast;
}
