// The files of each table of a view's query, for a span of time.

import { Failure } from '../../core/failure.ts';
import { epochMsOf } from '../../core/instant.ts';
import { formatInterval, type Interval, interval } from '../../core/interval.ts';
import { safe, text } from '../../core/message.ts';
import { patternSpanMs } from '../../definition/file-pattern.ts';
import type { FeatureView, ViewFiles } from '../../definition/view.ts';
import type { FileLocation, ListedFile } from '../storage/file-location.ts';
import { expandPattern } from '../storage/file-pattern.ts';

export type ListedTable = {
  readonly name: string;
  readonly files: ViewFiles;
  /** Sorted by name; empty if the span has no files. */
  readonly listed: readonly ListedFile[];
};

/** The tables of the view with their files for a span: for each unit the files of [end − windowMs, end). */
export async function listTables(
  location: FileLocation,
  view: FeatureView,
  span: Interval | null,
  signal: AbortSignal,
): Promise<readonly ListedTable[]> {
  const tables: ListedTable[] = [];
  for (const [name, files] of Object.entries(tablesOf(view))) {
    tables.push({ name, files, listed: await location.list(globsOf(view, files, span), signal) });
  }
  return tables;
}

/** The globs for the files of a table in a span. */
export function globsOf({ unitMs }: FeatureView, files: ViewFiles, span: Interval | null): readonly string[] {
  if (span === null) return expandPattern(files.pattern, null);
  const start = epochMsOf(Math.min(span.start, span.start + unitMs - files.windowMs));
  return expandPattern(files.pattern, interval(start, span.end));
}

/** The files of all tables, without duplicates, sorted by name. */
export function filesOf(tables: readonly ListedTable[]): readonly ListedFile[] {
  const [only] = tables;
  if (only !== undefined && tables.length === 1) return only.listed;
  const found = new Map(tables.flatMap(({ listed }) => listed.map((file) => [file.name, file] as const)));
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Checks that every table has a file, or may be empty while others have files.
 *
 * @throws Failure FILES_MISSING with the fact `onMissing`: the strictest `on_missing` of the missing tables.
 */
export function requireFiles(
  tables: readonly ListedTable[],
  { label }: FileLocation,
  view: FeatureView,
  span: Interval | null,
): void {
  const missing = tables.filter(({ listed }) => listed.length === 0);
  const [first] = missing;
  const strict = missing.filter(({ files }) => !isBeforeStart(files, span));
  const onMissing = (['fail', 'wait'] as const).find((word) => strict.some(({ files }) => files.onMissing === word));
  const hasOthers = tables.some(({ files, listed }) => listed.length > 0 && (span === null || isOfSpan(files)));
  if (first === undefined || (onMissing === undefined && hasOthers)) return;
  const when = span === null ? '' : ` for ${formatInterval(span)}`;
  const { pattern } = first.files;
  throw new Failure(
    'FILES_MISSING',
    text`View ${safe(view.name)}: no file${safe(when)} matches ${safe(pattern)} in ${safe(label)}.`,
    {
      view: view.name,
      pattern,
      place: label,
      onMissing: onMissing ?? 'empty',
    },
  );
}

/** Whether a span is before the start of the incremental view whose parts are read: its files may begin with the view. */
function isBeforeStart({ viewStart }: ViewFiles, span: Interval | null): boolean {
  return viewStart !== undefined && span !== null && span.end <= viewStart;
}

/** Whether its files belong to a span; other tables have the same files for every span. */
function isOfSpan({ pattern }: ViewFiles): boolean {
  return patternSpanMs(pattern) !== null;
}

function tablesOf(view: FeatureView): Readonly<Record<string, ViewFiles>> {
  const { name, source, files } = view;
  if (files !== null) return files;
  throw new Failure(
    'DEFINITION_INVALID',
    text`View ${safe(name)} has no \`files\`, but its source ${safe(source)} has only files. Add \`files\` or \`tables\`, or choose a source that is a database.`,
    { view: name, source },
  );
}
