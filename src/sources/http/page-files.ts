// Pages as files of the spool, for the engine: the records of all JSON pages in one file with an object per line, and a file
// for each CSV page, because each has a header.

import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { safe, text } from '../../core/message.ts';
import type { ViewFiles } from '../../definition/view.ts';
import { rowsIn } from '../formats/csv/files-csv.ts';
import { FileProblem } from '../formats/file-problem.ts';
import { enclosedRecords } from '../formats/json/json-envelope.ts';
import type { JsonRecord } from '../formats/json/json-record.ts';
import { type JsonLayout, jsonRecords, withoutMark } from '../formats/json/json-records.ts';
import { asUtf8 } from '../formats/text-encoding.ts';
import type { PrepareOptions } from '../formats/text-file.ts';
import { type SpoolFolder, spoolFailure } from '../storage/spool.ts';
import { HttpProblem } from './problem.ts';

export type Page = {
  readonly rows: number;
  readonly envelope: string | null;
  /** Whether the body is empty in a format that can be: NDJSON, or CSV without a header. */
  readonly isEmpty: boolean;
};

export type PageBody = {
  readonly chunks: AsyncIterable<Buffer>;
  /** Whether a body that is cut off is an error. */
  readonly isDelimited: boolean;
};

export type PageFiles = AsyncDisposable & {
  readonly format: 'csv' | 'json';
  /**
   * Stores a page, in place of the last one unless that was kept. A page that fails can be stored again.
   *
   * @throws FileProblem, HttpProblem, Failure or the body's error.
   */
  store(page: number, body: PageBody): Promise<Page>;
  /** Keeps the page that was stored last. */
  keep(): void;
};

/** The files of the pages in the spool, as a table of files. */
export function spooledFiles({ request: _request, ...files }: ViewFiles): ViewFiles {
  if (files.format === 'csv') return { ...files, pattern: 'page-*.csv' };
  const { records: _records, encoding: _encoding, ...lines } = files;
  return { ...lines, pattern: 'records.ndjson' };
}

export async function openPageFiles(
  folder: SpoolFolder,
  files: ViewFiles,
  options: PrepareOptions,
): Promise<PageFiles> {
  return files.format === 'csv' ? csvPages(folder, files, options) : await jsonPages(folder, files);
}

async function jsonPages(folder: SpoolFolder, files: ViewFiles): Promise<PageFiles> {
  const handle = await open(join(folder.path, 'records.ndjson'), 'wx', 0o600);
  let kept = { end: 0, hasList: false };
  let last = kept;
  return {
    format: 'json',
    async store(_page, body) {
      await handle.truncate(kept.end);
      const { end, rows, envelope, layout } = await appendRecords({ handle, folder }, kept.end, body, files);
      const isEmpty = rows === 0 && layout === 'lines';
      if (isEmpty && kept.hasList) throw empty('a list, as on the previous pages');
      last = { end, hasList: kept.hasList || layout === 'list' };
      return { rows, envelope, isEmpty };
    },
    keep() {
      kept = last;
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

type Appended = Pick<Page, 'rows' | 'envelope'> & { readonly end: number; readonly layout: JsonLayout };

async function appendRecords(
  { handle, folder }: { readonly handle: FileHandle; readonly folder: SpoolFolder },
  start: number,
  body: PageBody,
  { records: path, encoding }: ViewFiles,
): Promise<Appended> {
  let [rows, end] = [0, start];
  let last: JsonRecord | null = null;
  const found = await recordsOf({ ...body, chunks: asUtf8(body.chunks, encoding) }, path);
  for await (const batch of found.batches) {
    end += await append(handle, folder, Buffer.from(batch.map(lineOf).join('')), end);
    rows += batch.length;
    last = batch.at(-1) ?? last;
  }
  if (last !== null) requireJson(last);
  return { rows, end, envelope: found.end(rows), layout: found.layout };
}

type Records = {
  readonly layout: JsonLayout;
  readonly batches: AsyncIterable<JsonRecord[]>;
  /** After the last record: the object around them; null if there is none. @throws if the body may be cut off. */
  end(rows: number): string | null;
};

async function recordsOf({ chunks, isDelimited }: PageBody, path: string | undefined): Promise<Records> {
  if (path === undefined) {
    const { layout, batches } = await jsonRecords(chunks, path);
    return { layout, batches, end: (rows) => (isDelimited || layout === 'list' ? null : cutOff(rows)) };
  }
  let envelope: string | null = null;
  const batches = enclosedRecords(withoutMark(chunks), path, (around) => {
    envelope = around;
  });
  return { layout: 'enclosed', batches, end: () => envelope ?? noObject(path) };
}

/** The problem of a page without content, which has no place in its format. */
export function empty(expected: string): FileProblem {
  return new FileProblem(text`it is empty; expected ${safe(expected)}`);
}

function cutOff(rows: number): never {
  throw rows === 0 ? new FileProblem(text`it is empty`) : undelimited('NDJSON');
}

function noObject(path: string): never {
  throw new FileProblem(
    text`it has no JSON object; expected one with a list at ${safe(path)} (\`records\` in the view)`,
  );
}

/** The end of a list or an object shows that it is complete; other formats have no end. */
function undelimited(format: 'csv' | 'NDJSON'): HttpProblem {
  const what = `the response has neither Content-Length nor chunked encoding, so a truncated ${format} page could not be detected`;
  return new HttpProblem('refused', safe(what));
}

/** A record as one line. In valid JSON, a line break is whitespace. */
function lineOf(record: JsonRecord): string {
  if (!record.isUtf8) throw new FileProblem(text`record ${safe(record.line)} is not UTF-8`);
  if (!record.text.includes('\n') && !record.text.includes('\r')) return `${record.text}\n`;
  requireJson(record);
  return `${record.text.replace(/[\r\n]/g, ' ')}\n`;
}

/** The last record of a page may be cut off. */
function requireJson({ text: written, line }: JsonRecord): void {
  try {
    JSON.parse(written);
  } catch (error) {
    throw new FileProblem(text`the record on line ${safe(line)} is not valid JSON`, { cause: error });
  }
}

function csvPages(folder: SpoolFolder, files: ViewFiles, options: PrepareOptions): PageFiles {
  return {
    format: 'csv',
    async store(page, { chunks, isDelimited }) {
      if (!isDelimited) throw undelimited('csv');
      const path = join(folder.path, `page-${`${page}`.padStart(9, '0')}.csv`);
      const handle = await open(path, 'w', 0o600);
      try {
        let end = 0;
        for await (const chunk of chunks) end += await append(handle, folder, chunk, end);
      } finally {
        await handle.close();
      }
      let records = 0;
      const { batches } = await rowsIn({ name: `page ${page}`, path }, files, options);
      for await (const batch of batches) records += batch.records.filter(({ start, end }) => end > start).length;
      const hasHeader = files.csv?.header === undefined;
      if (hasHeader && records === 0) throw empty('a header');
      return { rows: records - (hasHeader ? 1 : 0), envelope: null, isEmpty: records === 0 };
    },
    // Each page has its own file.
    keep: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function append(handle: FileHandle, folder: SpoolFolder, bytes: Buffer, position: number): Promise<number> {
  folder.take(bytes.length);
  try {
    for (let done = 0; done < bytes.length; ) {
      done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
  } catch (error) {
    throw spoolFailure(folder.path, error);
  }
  return bytes.length;
}
