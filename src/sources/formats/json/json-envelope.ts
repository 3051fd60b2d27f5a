// The records of a JSON file in which an object contains the list: {"data": […], "next": null}. The list is streamed. The rest
// of the object, its envelope, is kept and checked.

import { listSome } from '../../../core/list-some.ts';
import { safe, text } from '../../../core/message.ts';
import { FileProblem } from '../file-problem.ts';
import { type EnvelopeReader, envelopeReader } from './json-envelope-reader.ts';
import { type ListSplitter, listSplitter, notClosed } from './json-list.ts';
import { keysOfPath } from './json-path.ts';
import type { JsonRecord } from './json-record.ts';

/** The most bytes around the list. */
const ENVELOPE_BYTES_MAX = 1_048_576;

/**
 * The elements of the list at a path, in each of the objects of a file. `onEnvelope` gets the text of each object with an
 * empty list.
 *
 * @throws FileProblem if an object has no list there, or is not valid JSON.
 */
export async function* enclosedRecords(
  chunks: AsyncIterable<Buffer>,
  path: string,
  onEnvelope: (envelope: string) => void = () => undefined,
): AsyncGenerator<JsonRecord[]> {
  const reader = envelopeReader(keysOfPath(path));
  let envelope: Buffer[] = [];
  let list: ListSplitter | null = null;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (list !== null) {
        const { records, end } = list.take(chunk, at);
        if (records.length > 0) yield records;
        if (end !== null) {
          envelope.push(chunk.subarray(end - 1, end));
          reader.leaveList(list.line());
          list = null;
        }
        at = end ?? chunk.length;
        continue;
      }
      const { end, mark } = untilMark(reader, chunk, at);
      envelope.push(chunk.subarray(at, end));
      requireShort(envelope, path);
      if (mark === 'end') {
        onEnvelope(validEnvelope(envelope, reader, path));
        envelope = [];
      }
      // The splitter reads the bracket that opens the list.
      if (mark === 'list') list = listSplitter(reader.line());
      at = mark === 'list' ? end - 1 : end;
    }
  }
  if (list !== null) throw notClosed();
  if (reader.isInside()) throw new FileProblem(text`its object is not closed`);
}

function untilMark(reader: EnvelopeReader, chunk: Buffer, start: number) {
  for (let at = start; at < chunk.length; at += 1) {
    const mark = reader.read(chunk[at] ?? 0);
    if (mark !== null) return { end: at + 1, mark };
  }
  return { end: chunk.length, mark: null };
}

function requireShort(envelope: readonly Buffer[], path: string): void {
  const bytes = envelope.reduce((sum, part) => sum + part.length, 0);
  if (bytes <= ENVELOPE_BYTES_MAX) return;
  throw new FileProblem(text`its object contains more than 1 MiB outside the list ${safe(path)}`);
}

function validEnvelope(parts: readonly Buffer[], reader: EnvelopeReader, path: string): string {
  const { keys, hasList } = reader.taken();
  if (!hasList) {
    throw new FileProblem(
      text`it has no list at ${safe(path)} (\`records\` in the view); its keys are ${listSome(keys)}`,
    );
  }
  const envelope = Buffer.concat(parts).toString('utf8');
  try {
    JSON.parse(envelope);
  } catch (error) {
    throw new FileProblem(text`the object around its list is not valid JSON`, { cause: error });
  }
  return envelope;
}
