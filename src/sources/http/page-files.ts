// Pages as files of the spool, for the engine: the records of all JSON pages in one file with an object per line, and a file
// for each csv page, because each has a header.

import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { safe, text } from '../../core/message.ts';
import type { ViewFiles } from '../../definition/view.ts';
import { rowsIn } from '../formats/csv/files-csv.ts';
import { FileProblem } from '../formats/file-problem.ts';
import { enclosedRecords } from '../formats/json/json-envelope.ts';
import type { JsonRecord } from '../formats/json/json-record.ts';
import { jsonRecords } from '../formats/json/json-records.ts';
import { asUtf8 } from '../formats/text-encoding.ts';
import type { PrepareOptions } from '../formats/text-file.ts';
import { type SpoolFolder, spoolFailure } from '../storage/spool.ts';

export type Page = { readonly rows: number; readonly envelope: string | null };

export type PageFiles = AsyncDisposable & {
  /** Stores a page. A page that fails is not stored, and can be stored again. @throws FileProblem, Failure or the body's error. */
  store(page: number, body: AsyncIterable<Buffer>): Promise<Page>;
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

async function jsonPages(folder: SpoolFolder, { records: path, encoding }: ViewFiles): Promise<PageFiles> {
  const handle = await open(join(folder.path, 'records.ndjson'), 'wx', 0o600);
  let size = 0;
  return {
    async store(_page, body) {
      await handle.truncate(size);
      let [rows, end] = [0, size];
      let envelope: string | null = null;
      const chunks = asUtf8(body, encoding);
      const batches =
        path === undefined
          ? (await jsonRecords(chunks, path)).batches
          : enclosedRecords(chunks, path, (around) => {
              envelope = around;
            });
      let last: JsonRecord | null = null;
      for await (const batch of batches) {
        end += await append(handle, folder, Buffer.from(batch.map(lineOf).join('')), end);
        rows += batch.length;
        last = batch.at(-1) ?? last;
      }
      if (last !== null) requireJson(last);
      size = end;
      return { rows, envelope };
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** A record as one line. In valid JSON, a line break is white space. */
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
    throw new FileProblem(text`the record in line ${safe(line)} is not valid JSON`, { cause: error });
  }
}

function csvPages(folder: SpoolFolder, files: ViewFiles, options: PrepareOptions): PageFiles {
  return {
    async store(page, body) {
      const path = join(folder.path, `page-${`${page}`.padStart(9, '0')}.csv`);
      const handle = await open(path, 'w', 0o600);
      try {
        let end = 0;
        for await (const chunk of body) end += await append(handle, folder, chunk, end);
      } finally {
        await handle.close();
      }
      let records = 0;
      const { batches } = await rowsIn({ name: `page ${page}`, path }, files, options);
      for await (const batch of batches) records += batch.records.filter(({ start, end }) => end > start).length;
      return { rows: Math.max(0, records - (files.csv?.header === undefined ? 1 : 0)), envelope: null };
    },
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
