// The files that a run has read, for comparison with the current ones (late-files.ts).

import { createHash } from 'node:crypto';
import { difference, type Interval } from '../../core/interval.ts';
import { parseRanges, rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import type { Run } from './run.ts';
import { IN } from './states.ts';

/** A file that a run read. `version` changes with the content and does not depend on the reader. */
export type RunFile = { readonly name: string; readonly version: string; readonly bytes: number };

/** Records the files of a run, in the transaction that stores its rows; a later attempt replaces them. */
export async function recordFiles(session: Session, run: Run, files: readonly RunFile[]): Promise<void> {
  await session.run(
    `insert into millrace.run_files as known (run_id, files) values ($1, $2)
     on conflict (run_id) do update set files = excluded.files where known.files is distinct from excluded.files`,
    [run.id, JSON.stringify(files.map(({ name, version, bytes }) => [name, version, bytes]))],
  );
  await session.run('update millrace.run set files_digest = $2 where id = $1', [run.id, digestOfFiles(files)]);
}

/** Name → version of the files of a run. */
export async function filesOfRun(session: Pick<Session, 'query'>, runId: number): Promise<ReadonlyMap<string, string>> {
  const rows = await session.query<{ name: string; version: string }>(
    `select file->>0 as name, file->>1 as version from millrace.run_files, jsonb_array_elements(files) as file
      where run_id = $1`,
    [runId],
  );
  return new Map(rows.map(({ name, version }) => [name, version]));
}

/** The files that the newest committed runs read for the span of a run, newest first; empty for a run without a span. */
export async function filesReadBefore(
  database: Pick<Session, 'query'>,
  run: Pick<Run, 'id' | 'viewId' | 'span'>,
): Promise<readonly { runId: number; spans: readonly Interval[]; files: readonly string[] }[]> {
  if (run.span === null) return [];
  // Combined with the view as a range, as the index has it: a GiST index on spans has no plain numbers.
  const rows = await database.query<{ runId: number; span: string }>(
    `select id as "runId", span::text as span from millrace.run
      where int8range(view_id, view_id, '[]') && int8range($1, $1, '[]') and id <> $2 and span && $3::tstzrange
        and state ${IN.stored} and (files_digest is not null or without_files)
      order by id desc`,
    [run.viewId, run.id, rangeLiteral(run.span)],
  );
  const found = [];
  let left: readonly Interval[] = [run.span];
  for (const { runId, span } of rows) {
    const rest = difference(left, parseRanges(span));
    const spans = difference(left, rest);
    if (spans.length > 0) found.push({ runId, spans, files: [...(await filesOfRun(database, runId)).keys()] });
    left = rest;
    if (left.length === 0) break;
  }
  return found;
}

/** Equal for equal files and versions, in any order, and different otherwise. */
export function digestOfFiles(files: readonly Omit<RunFile, 'bytes'>[]): string {
  const hash = createHash('sha256');
  for (const line of files.map(({ name, version }) => JSON.stringify([name, version])).sort()) hash.update(`${line}\n`);
  return hash.digest('base64');
}
