// The quickstart's tables: runs and watermarks, refused rows, and one entity in both stores.

import { formatDuration } from '../core/duration.ts';
import { type EpochMs, formatInstant } from '../core/instant.ts';
import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { microsSql } from '../offline/feature-row.ts';
import { offlineTable } from '../offline/table.ts';
import { entityKey, hashOfReply, NUMBER_FIELD, TIME_FIELD } from '../online/layout.ts';
import { identifier } from '../postgres/database.ts';
import { refusedExamples } from '../state/queries/refused-examples.ts';
import { runOverviews } from '../state/queries/run-overview.ts';
import type { ViewOverview } from '../state/queries/view-overview.ts';
import { grouped, type Page } from './page.ts';
import { expect } from './work.ts';
import type { World } from './world.ts';

/** A row per view: its runs, their row counts, and its watermark. */
export async function showRuns(page: Page, { app }: World, overviews: readonly ViewOverview[]): Promise<void> {
  const runs = await runOverviews(app.database, {});
  page.table(
    ['view', 'kind', 'interval', '>runs', '>read', '>stored', '>duplicates', '>refused', 'watermark'],
    overviews.map(({ view, watermark }) => {
      const own = runs.filter((run) => run.view === view.name);
      const sum = (name: 'read' | 'inserted' | 'duplicates' | 'refused') =>
        grouped(own.reduce((total, { counts }) => total + counts[name], 0));
      return [
        ...[view.name, view.kind, view.kind === 'latest' ? '' : formatDuration(view.unitMs), grouped(own.length)],
        ...[sum('read'), sum('inserted'), sum('duplicates'), sum('refused'), minuteOf(watermark)],
      ];
    }),
  );
}

const EXAMPLE_CHARACTERS = 66;

/** A row per view and reason, with one example; without values of redacted views. */
export async function showRefused(page: Page, { app }: World): Promise<void> {
  const refused = await refusedExamples(app.database);
  expect(refused.length > 0, 'the shop has bad rows, but none was refused');
  page.table(
    ['view', 'reason', '>rows', 'example'],
    refused.map(({ view, reason, rows, detail }) => [view, reason, String(rows), shortened(detail)]),
  );
}

function shortened(text: string): string {
  return text.length <= EXAMPLE_CHARACTERS ? text : `${text.slice(0, EXAMPLE_CHARACTERS - 1)}…`;
}

/** An entity in both stores, field by field. @throws Failure BUG if they differ */
export async function showEntity(page: Page, world: World, views: readonly string[], entityId: string): Promise<void> {
  const rows: string[][] = [];
  for (const view of world.project.views.filter(({ name }) => views.includes(name))) {
    const [online, offline] = [await onlineFields(world, view, entityId), await offlineFields(world, view, entityId)];
    for (const [field, text] of offline) {
      expect(online.get(field) === text, `${view.name}.${field} of ${entityId} differs between the stores`);
      rows.push([view.name, entityId, field, online.get(field) ?? '', text ?? '']);
    }
  }
  page.table(['view', 'entity', 'field', 'Redis', 'Postgres'], rows);
}

/** The result of `HGETALL`. */
export async function onlineFields({ app }: World, view: FeatureView, entityId: string): Promise<Map<string, string>> {
  const key = entityKey(app.online.prefix, view.name, entityId);
  const [reply] = await app.online.redis.send([['HGETALL', key]]);
  const fields = hashOfReply(reply);
  fields.delete(NUMBER_FIELD);
  return fields;
}

async function offlineFields(
  { app }: World,
  view: FeatureView,
  entityId: string,
): Promise<Map<string, string | undefined>> {
  const columns = view.features.map(
    ({ name, type }) => `${entryOf(type).textSql(identifier(name))} as ${identifier(name)}`,
  );
  const [row = {}] = await app.database.query<Record<string, string | number | null>>(
    `select ${columns.join(', ')}, ${microsSql('event_timestamp')}::text as ${identifier(TIME_FIELD)}
       from ${offlineTable(view)} where entity_id = $1 order by event_timestamp desc limit 1`,
    [entityId],
  );
  return new Map(Object.entries(row).map(([name, text]) => [name, text === null ? undefined : String(text)]));
}

/** `2026-11-20 18:00Z`. */
export function minuteOf(instant: EpochMs | null): string {
  return instant === null ? '' : `${formatInstant(instant).slice(0, 16).replace('T', ' ')}Z`;
}
