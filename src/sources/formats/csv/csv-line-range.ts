// The lines between the titles and the footer of a CSV file, as reports have them. Lines are as in an editor, even
// inside quotes.

import { safe, text } from '../../../core/message.ts';
import { FileProblem } from '../file-problem.ts';

const NEWLINE = 10;
const RETURN = 13;
/** The most bytes of a footer. */
const FOOTER_BYTES_MAX = 4_194_304;

/** The text after its first lines. @throws FileProblem if it has fewer lines. */
export async function* withoutFirstLines(chunks: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  let isEmpty = true;
  for await (const chunk of chunks) {
    isEmpty = false;
    let from = 0;
    while (left > 0 && from < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, from);
      from = newline === -1 ? chunk.length : newline + 1;
      if (newline !== -1) left -= 1;
    }
    if (from < chunk.length) yield chunk.subarray(from);
  }
  if (left > 0 && !isEmpty) throw tooFew('skip_lines', count);
}

/** The text before its last lines. Empty lines at the end do not count. @throws FileProblem if it has fewer lines. */
export async function* withoutLastLines(chunks: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  if (count === 0) {
    yield* chunks;
    return;
  }
  let held: Buffer = Buffer.alloc(0);
  let isEmpty = true;
  for await (const chunk of chunks) {
    isEmpty = false;
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const end = startOfLastLines(held, count) ?? 0;
    if (end > 0) yield held.subarray(0, end);
    held = held.subarray(end);
    if (held.length > FOOTER_BYTES_MAX + chunk.length) {
      throw new FileProblem(text`its footer (footer_lines) has more than ${safe(FOOTER_BYTES_MAX)} bytes`);
    }
  }
  const end = startOfLastLines(held, count);
  if (end === null && !isEmpty) throw tooFew('footer_lines', count);
  if (end !== null && end > 0) yield held.subarray(0, end);
}

/** Where the last lines of a string start, without empty lines at its end; null if it has fewer lines. */
function startOfLastLines(buffer: Buffer, count: number): number | null {
  let end = buffer.length;
  while (end > 0 && (buffer[end - 1] === NEWLINE || buffer[end - 1] === RETURN)) end -= 1;
  if (end === 0) return null;
  for (let left = count; left > 0; left -= 1) {
    const newline = end === 0 ? -1 : buffer.lastIndexOf(NEWLINE, end - 1);
    if (newline === -1) return left === 1 ? 0 : null;
    end = newline;
  }
  return end + 1;
}

function tooFew(key: string, count: number): FileProblem {
  return new FileProblem(text`it has fewer lines than \`${safe(key)}: ${safe(count)}\` in the view`);
}
