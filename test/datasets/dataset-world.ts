// A generated world of views and labels in Postgres.

import { epochMsOf } from '../../src/core/instant.ts';
import { interval } from '../../src/core/interval.ts';
import { identifier } from '../../src/postgres/database.ts';
import { multirangeLiteral } from '../../src/postgres/range.ts';
import type { World } from '../support/world.ts';
import type { DatasetWorld, ViewWorld } from './oracle.ts';

/** Deploys the views of a world, and writes their rows and coverage as runs would have left them. */
export async function storeViews(world: World, views: readonly ViewWorld[]): Promise<void> {
  await world.apply(...views.map(({ view }) => view));
  for (const one of views) {
    const { view, rows } = one;
    const table = `features.${identifier(view.name)}`;
    const values = view.features.map((_, place) => `$${place + 3}::text[]`);
    const columns = view.features.map(({ name }) => identifier(name)).join(', ');
    const types = await columnTypes(world, view.name);
    const read = view.features.map(({ name }, place) => `x${place}::${types.get(name)}`).join(', ');
    await world.sql(
      `insert into ${table} (entity_id, event_timestamp, ${columns}, run_id)
       select id, timestamptz 'epoch' + micros * interval '1 microsecond', ${read}, 1
         from unnest($1::text[], $2::bigint[], ${values.join(', ')}) as row (id, micros, ${view.features.map((_, place) => `x${place}`).join(', ')})`,
      [
        rows.map(({ entity }) => entity),
        rows.map(({ micros }) => micros),
        ...view.features.map((_, place) => rows.map((row) => row.values[place] ?? null)),
      ],
    );
    const spans = (units: ReadonlySet<number>) =>
      multirangeLiteral([...units].map((unit) => interval(epochMsOf(unit), epochMsOf(unit + view.unitMs))));
    await world.sql(
      `update millrace.coverage c set covered = $2::tstzmultirange, stale = $3::tstzmultirange, held = $4::tstzmultirange,
              skipped = $5::tstzmultirange from millrace.view v where v.id = c.view_id and v.name = $1`,
      [view.name, spans(one.covered), spans(one.stale), spans(one.held), spans(one.skipped)],
    );
  }
}

async function columnTypes(world: World, view: string): Promise<Map<string, string>> {
  const rows = await world.sql(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = to_regclass($1) and attnum > 0`,
    [`features.${identifier(view)}`],
  );
  return new Map(rows.map(({ name, type }) => [String(name), String(type)]));
}

/** The labels of a world as a table of the source: entity_id, timestamp, other_id and a number. */
export async function storeLabels(
  world: World,
  table: string,
  { labels }: Pick<DatasetWorld, 'labels'>,
): Promise<void> {
  await world.sql(`create table ${table} (entity_id text, timestamp timestamptz, other_id text, label int)`);
  await world.sql(
    `insert into ${table} select id, timestamptz 'epoch' + micros * interval '1 microsecond', other, place
       from unnest($1::text[], $2::bigint[], $3::text[]) with ordinality as label (id, micros, other, place)`,
    [labels.map(({ entity }) => entity), labels.map(({ micros }) => micros), labels.map(({ other }) => other)],
  );
}
