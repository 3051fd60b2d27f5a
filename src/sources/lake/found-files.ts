// The files of a reading, and notes about missing ones.

import { Failure } from '../../core/failure.ts';
import { formatInstant } from '../../core/instant.ts';
import { listSome } from '../../core/list-some.ts';
import { command, safe, text } from '../../core/message.ts';
import type { ViewFiles } from '../../definition/view.ts';
import { type Extraction, unitsOf } from '../source.ts';
import type { FileLocation } from '../storage/file-location.ts';
import { globsMatching } from '../storage/globs.ts';
import { globsOf, type ListedTable, listTables, requireFiles } from './tables.ts';

export type FoundFiles = { readonly tables: readonly ListedTable[]; readonly notes: readonly string[] };

/**
 * Lists the files of an extraction.
 *
 * @throws Failure FILES_MISSING if a table has none, or a file that an earlier run of the same time read is gone.
 */
export async function findFiles(
  location: FileLocation,
  extraction: Extraction,
  signal: AbortSignal,
): Promise<FoundFiles> {
  const { view, span } = extraction;
  const tables = await listTables(location, view, span, signal);
  const missing = failureOf(() => requireFiles(tables, location, view, span));
  // Only with `on_missing: empty` can a reading continue without files.
  if (missing !== null && missing.facts['onMissing'] !== 'empty') throw missing;
  const gone = tables.flatMap((table) => goneFrom(table, extraction));
  const [lost] = gone.filter(({ isAccepted }) => !isAccepted);
  if (lost !== undefined) throw vanished(lost, location, extraction);
  if (missing !== null) throw missing;
  return { tables, notes: [...gone.map(goneNote), ...tables.flatMap((table) => windowNotes(table, extraction))] };
}

function failureOf(work: () => void): Failure | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Files that an earlier run of the same time read and that no longer exist. */
type Gone = {
  readonly runId: number;
  readonly names: readonly string[];
  readonly isReplaced: boolean;
  readonly isAccepted: boolean;
};

function goneFrom({ files, listed }: ListedTable, { view, readBefore }: Extraction): Gone[] {
  const now = listed.map(({ name }) => name);
  const names = new Set(now);
  const isAccepted = files.onVanished === 'warn' || readBefore?.mayVanish === true;
  const goneOf = (groups: readonly Group[]) => [
    ...new Set(groups.flatMap((group) => group.before).filter((name) => !names.has(name))),
  ];
  return (readBefore?.runs ?? []).flatMap(({ runId, spans, files: before }) => {
    const globs = spans.flatMap((span) => unitsOf(view, span).flatMap((unit) => globsOf(view, files, unit)));
    const groups = byGlob([...new Set(globs)], before, now);
    const { kept = [], rewritten = [] } = Object.groupBy(groups, (one) => (isRewritten(one) ? 'rewritten' : 'kept'));
    const lost = { runId, names: goneOf(kept), isReplaced: false, isAccepted };
    const replaced = { runId, names: goneOf(rewritten), isReplaced: true, isAccepted: true };
    return [lost, replaced].filter((gone) => gone.names.length > 0);
  });
}

type Group = { readonly before: readonly string[]; readonly now: readonly string[] };

/** The files read before and the files now, for each glob, such as the folder of a day. */
function byGlob(globs: readonly string[], before: readonly string[], now: readonly string[]): readonly Group[] {
  const matching = globsMatching(globs);
  const groups = new Map<string, { before: string[]; now: string[] }>(
    globs.map((glob) => [glob, { before: [], now: [] }]),
  );
  for (const name of before) for (const glob of matching(name)) groups.get(glob)?.before.push(name);
  for (const name of now) for (const glob of matching(name)) groups.get(glob)?.now.push(name);
  return [...groups.values()];
}

/** Whether all files of a glob were replaced: rewriting a folder gives its files new names. */
function isRewritten({ before, now }: Group): boolean {
  return now.length > 0 && !before.some((name) => now.includes(name));
}

function goneNote({ names, runId, isReplaced }: Gone): string {
  const what = isReplaced
    ? `${names.length === 1 ? 'was' : 'were'} replaced by other files`
    : `${names.length === 1 ? 'is' : 'are'} gone`;
  return `${listSome(names)}, which run ${runId} read, ${what}`;
}

function vanished({ names, runId }: Gone, { label }: FileLocation, { view, span }: Extraction): Failure {
  const [are, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  const range = span === null ? '' : ` --from ${formatInstant(span.start)} --to ${formatInstant(span.end)}`;
  const restate = command(`millrace restate ${view.name}${range} --allow-removals`);
  const what = text`View ${safe(view.name)}: ${safe(listSome(names))} ${safe(are)} gone from ${safe(label)}, but run ${safe(runId)} read ${safe(them)} for the same time.`;
  const remedy = text`Restore ${safe(them)}. To remove the rows instead, run "${restate}" or set \`on_vanished: warn\`.`;
  return new Failure('FILES_MISSING', text`${what} ${remedy}`, {
    view: view.name,
    file: names[0] ?? '',
    onMissing: 'fail',
  });
}

const STEPS = [
  ['{HH}', 'hour'],
  ['{dd}', 'day'],
  ['{MM}', 'month'],
  ['{yyyy}', 'year'],
] as const;
const SHOWN = 3;

/** How much of a window has files. */
function windowNotes({ name, files, listed }: ListedTable, { view, span }: Extraction): string[] {
  const step = STEPS.find(([placeholder]) => files.pattern.includes(placeholder));
  if (span === null || step === undefined || files.windowMs <= view.unitMs) return [];
  const globs = globsOf(view, files, span);
  const matching = globsMatching(globs);
  const found = new Set(listed.flatMap((file) => [...matching(file.name)]));
  const without = globs.filter((glob) => !found.has(glob));
  const table = isOnly(view.files) ? '' : `${name}: `;
  const more = without.length > SHOWN ? ` and ${without.length - SHOWN} more` : '';
  const which = without.length === 0 ? '' : `; missing: ${without.slice(0, SHOWN).join(', ')}${more}`;
  return [`${table}${found.size} of ${globs.length} ${step[1]}s have a file${which}`];
}

function isOnly(tables: Readonly<Record<string, ViewFiles>> | null): boolean {
  return Object.keys(tables ?? {}).length === 1;
}
