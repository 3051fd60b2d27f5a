// millrace get: reads entities from the online store.

import type { App } from '../../app.ts';
import { humanDuration } from '../../core/duration.ts';
import { type EpochMs, epochMicrosOf, formatInstant, parseInstant } from '../../core/instant.ts';
import { entityIdText, partNames, partsField, partsOf } from '../../definition/entity.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { FeatureValue } from '../../feature-types/index.ts';
import { asShownValue, type FeatureRow } from '../../offline/feature-row.ts';
import { readAsOf } from '../../offline/read-as-of.ts';
import { microsText } from '../../presentation/format.ts';
import { shownAt } from '../../state/views/complete.ts';
import { newestSnapshot } from '../../state/views/snapshots.ts';
import type { AppliedView } from '../../state/views/views.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { entityIdsOf } from '../entity-arguments.ts';
import { DONE, ERROR, type ExitCode } from '../exit.ts';
import { openProject, requireApplied } from '../open.ts';

const VALUE_CHARACTERS_MAX = 60;

export function addGet(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'get <view> <entity...>',
    summary: 'Read entities from the online store',
    notes: [
      'A composite entity is written as customer=17 product=3. The exit code is 1 if',
      'none of the entities has a row.',
    ],
    examples: ['get customer_orders 17850', 'get customer_orders 17850 12347 --json'],
  }).action((view: string, entities: string[], options: CommonOptions) => end(cli, get(cli, view, entities, options)));
}

async function get(cli: Cli, name: string, written: readonly string[], options: CommonOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const applied = await requireApplied(open.app, name);
  const { view } = applied;
  const entityIds = entityIdsOf(view, written);
  const { isAlive, readRows } = await import('../../online/read.ts');
  const asked = entityIds.map((entityId) => ({ view, entityId }));
  const found = await readRows(open.app.online, asked, asShownValue);
  const rows = asked.map(({ entityId }, place) => {
    const row = found.rows[place] ?? null;
    return { entityId, row: row !== null && isAlive(view, row, found.now) ? row : null };
  });
  if (options.json)
    cli.terminal.json({ view: name, entities: rows.map(({ entityId, row }) => rowJson(view, entityId, row)) });
  else print(cli, view, rows, await missingFrom(open.app, applied, rows));
  return rows.some(({ row }) => row !== null) ? DONE : ERROR;
}

type EntityRow = { readonly entityId: string; readonly row: FeatureRow | null };

/** The newest snapshot of a complete view, and the entities without a row that are not in it; null for other views. */
type Missing = { readonly at: EpochMs; readonly entityIds: ReadonlySet<string> } | null;

async function missingFrom(
  { database, clock }: App,
  { id, view }: AppliedView,
  rows: readonly EntityRow[],
): Promise<Missing> {
  const entityIds = rows.flatMap(({ entityId, row }) => (row === null ? [entityId] : []));
  const shown = shownAt(view);
  if (shown === null || entityIds.length === 0) return null;
  const { at } = await newestSnapshot(database, id);
  const newest = at === null ? null : parseInstant(at.replace(' ', 'T').replace('+00', 'Z'));
  if (newest === null) return null;
  const moment = epochMicrosOf(clock.now() * 1_000);
  const inOffline = await readAsOf(
    database,
    // Only whether there is a row.
    { ...view, features: [] },
    entityIds.map((entityId) => ({ entityId, at: moment })),
    shown,
  );
  return { at: newest, entityIds: new Set(entityIds.filter((_, index) => inOffline[index] === null)) };
}

function print({ terminal, clock }: Cli, view: FeatureView, rows: readonly EntityRow[], missing: Missing): void {
  const names = view.features.map((feature) => feature.name);
  const present = rows.flatMap(({ entityId, row }) => (row === null ? [] : [{ entityId, row }]));
  if (present.length > 0) {
    terminal.table(
      [...partNames(view).map((part) => part.toUpperCase()), 'EVENT TIME', 'AGE', ...names],
      present.map(({ entityId, row }) => [
        ...Object.values(partsOf(view, entityId) ?? { entityId }),
        microsText(row.eventTime),
        humanDuration(Math.max(0, clock.now() - row.eventTime / 1_000)),
        ...names.map((name) => shown(row.values[name] ?? null)),
      ]),
    );
  }
  for (const { entityId, row } of rows) {
    if (row !== null) continue;
    const entity = entityIdText(view, entityId);
    terminal.line(
      missing?.entityIds.has(entityId) === true
        ? `${view.name} has no row for ${entity}: it is not in the newest snapshot (${formatInstant(missing.at)}).`
        : `${view.name} has no row for ${entity} in the online store, or the row has expired (ttl).`,
    );
  }
}

function shown(value: FeatureValue): string {
  const text = valueText(value);
  return text.length > VALUE_CHARACTERS_MAX ? `${text.slice(0, VALUE_CHARACTERS_MAX)}…` : text;
}

function valueText(value: FeatureValue): string {
  if (value === null) return '–';
  if (Object.is(value, -0)) return '-0';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function rowJson(view: FeatureView, entityId: string, row: FeatureRow | null): object {
  const key = { entityId, ...partsField(view, entityId) };
  if (row === null) return { ...key, eventTime: null, values: null };
  return { ...key, eventTime: microsText(row.eventTime), values: row.values };
}
