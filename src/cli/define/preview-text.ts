// A preview as text and as JSON. Values of redacted views are hidden.

import { textOf } from '../../core/message.ts';
import { ENTITY_ID, isComposite, keyColumns, keyOf, partNames, partsField } from '../../definition/entity.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { ChangedRow } from '../../offline/compare.ts';
import { count, counted, isoSpan, shortSpan } from '../../presentation/format.ts';
import { checkText } from '../../presentation/runs/checks.ts';
import type { PreviewedRun } from '../../preview/preview.ts';
import { REDACTED } from '../../rows/refusal.ts';
import type { Terminal } from '../output/terminal.ts';

const CHARACTERS_MAX = 40;
/** entity_id and timestamp. */
const KEY_COLUMNS = 2;

export function printPreview(terminal: Terminal, view: FeatureView, run: PreviewedRun): void {
  const { counts, rows, refused, changes } = run;
  terminal.line({ style: 'bold', text: view.name }, `  ${run.span === null ? 'now' : shortSpan(run.span)}`);
  terminal.line(`read ${count(counts.read)}, accepted ${count(counts.accepted)}, refused ${count(counts.refused)}`);
  terminal.line(changesText(run));
  for (const note of run.notes) terminal.line({ style: 'dim', text: note });
  for (const { code, message } of run.broken) {
    terminal.line({ style: 'red', text: `A run would fail with ${code}: ` }, message);
  }
  if (run.checks.length > 0) terminal.line('');
  for (const outcome of run.checks) terminal.line('check  ', checkText(outcome));
  if (rows.length > 0) {
    terminal.line('');
    terminal.table(
      [...keyColumns(view), ...run.columns.slice(1)],
      rows.map((row) => [...keyTexts(view, row[0] ?? ''), ...shownRow(view, row).slice(1)]),
    );
  }
  if (refused.length > 0) {
    terminal.line('');
    const reasons = Object.entries(counts.refusedBy)
      .toSorted(([, a], [, b]) => b - a)
      .map(([reason, found]) => `${reason} ${count(found)}`);
    terminal.line({ style: 'yellow', text: 'Refused: ' }, reasons.join(', '));
    terminal.table(
      [...keyHeads(view), 'WHY'],
      refused.map(({ row, detail }) => [...refusedKey(view, row), detail]),
    );
  }
  if (changes.length > 0) {
    terminal.line('');
    terminal.line('Changed:');
    terminal.table(
      [...keyHeads(view), 'TIME', 'FEATURE', 'STORED', 'NEW'],
      changes.flatMap((change) => changeLines(view, change)),
    );
  }
  terminal.line('');
}

function changesText({ counts, isCompared }: PreviewedRun): string {
  if (!isCompared)
    return 'There are too many rows to evaluate the checks, duplicates_max and removed_max, or to compare with stored rows. Choose a shorter range.';
  const { inserted, changed, unchanged, removed, kept, duplicates } = counts;
  const rest = [
    ...(duplicates > 0 ? [`${counted(duplicates, 'duplicate is', 'duplicates are')} not stored`] : []),
    ...(kept > 0
      ? [`${counted(kept, 'stored row is', 'stored rows are')} kept, because the replacement was refused`]
      : []),
  ];
  const main = `would insert ${count(inserted)}, change ${count(changed)}, leave ${count(unchanged)} unchanged, remove ${count(removed)}`;
  return [main, ...rest].join('; ');
}

function shownRow({ redacted }: FeatureView, row: readonly (string | null)[]): string[] {
  return row.map((value, index) => (redacted && index >= KEY_COLUMNS ? REDACTED : shown(value)));
}

function shown(value: string | null): string {
  if (value === null) return '–';
  return value.length > CHARACTERS_MAX ? `${value.slice(0, CHARACTERS_MAX)}…` : value;
}

/** `ENTITY`, or `CUSTOMER` and `PRODUCT`. */
function keyHeads(view: FeatureView): string[] {
  return isComposite(view) ? partNames(view).map((part) => part.toUpperCase()) : ['ENTITY'];
}

function keyTexts(view: FeatureView, entityId: string): string[] {
  return Object.values(keyOf(view, entityId));
}

/** Of a row as the source has it, which may have joined the components. */
function refusedKey(view: FeatureView, row: Readonly<Record<string, string | null>>): string[] {
  const { [ENTITY_ID]: joined = null } = row;
  const key: Readonly<Record<string, string | null>> = joined === null ? row : keyOf(view, joined);
  return keyColumns(view).map((column) => key[column] ?? '–');
}

function changeLines(view: FeatureView, { entityId, timestamp, before, after }: ChangedRow): string[][] {
  const { redacted } = view;
  const names = Object.keys(after).filter((name) => before[name] !== after[name]);
  return names.map((name) => [
    ...keyTexts(view, entityId),
    timestamp,
    name,
    redacted ? REDACTED : shown(before[name] ?? null),
    redacted ? REDACTED : shown(after[name] ?? null),
  ]);
}

export function previewJson(
  view: FeatureView,
  { span, rows, refused, changes, columns, broken, ...run }: PreviewedRun,
): object {
  const hidden = (value: string | null, index: number) => (view.redacted && index >= KEY_COLUMNS ? REDACTED : value);
  return {
    span: isoSpan(span),
    ...run,
    broken: broken.map(({ code, message }) => ({ code, message: textOf(message) })),
    rows: rows.map((row) =>
      Object.assign(
        Object.fromEntries(row.map((value, index) => [columns[index] ?? '', hidden(value, index)])),
        isComposite(view) ? keyOf(view, row[0] ?? '') : {},
      ),
    ),
    refused: refused.map(({ reason, detail, row }) => ({ reason, detail, row })),
    changes: changes.map(({ entityId, timestamp, ...values }) => ({
      entityId,
      ...partsField(view, entityId),
      timestamp,
      ...(view.redacted ? {} : values),
    })),
  };
}
