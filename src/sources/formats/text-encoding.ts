// Text in other encodings, as UTF-8. A byte that is not text in its encoding breaks the file: nothing is replaced.

import { safe, text } from '../../core/message.ts';
import type { TextEncoding } from '../../definition/view.ts';
import { FileProblem } from './file-problem.ts';

/** The text in UTF-8, streamed. @throws FileProblem with the offset of the first byte that is not text. */
export async function* asUtf8(
  chunks: AsyncIterable<Buffer>,
  encoding: TextEncoding | undefined,
): AsyncGenerator<Buffer> {
  if (encoding === undefined) yield* chunks;
  else if (encoding === 'utf-16') yield* fromUtf16(chunks);
  else yield* fromBytes(chunks, encoding);
}

/** The characters of the bytes 0x80 to 0x9F in windows-1252; a space for none. https://encoding.spec.whatwg.org/index-windows-1252.txt */
const WINDOWS = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';
const FIRST = 0x80;
const LAST = 0x9f;

/** Encodings of one byte per character. In latin-1, the bytes 0x80 to 0x9F are control characters, which no export has. */
async function* fromBytes(chunks: AsyncIterable<Buffer>, encoding: 'latin-1' | 'windows-1252'): AsyncGenerator<Buffer> {
  let offset = 0;
  for await (const chunk of chunks) {
    const wrong = chunk.findIndex(
      (byte) => byte >= FIRST && byte <= LAST && (encoding === 'latin-1' || WINDOWS[byte - FIRST] === ' '),
    );
    if (wrong !== -1) {
      const hint = encoding === 'latin-1' ? '; the file may be windows-1252' : '';
      throw new FileProblem(
        text`byte ${safe(offset + wrong)} (0x${safe((chunk[wrong] ?? 0).toString(16))}) is not ${safe(encoding)}${safe(hint)}`,
      );
    }
    const decoded = chunk.toString('latin1');
    yield Buffer.from(encoding === 'latin-1' ? decoded : decoded.replace(/[\x80-\x9f]/g, windowsCharacter));
    offset += chunk.length;
  }
}

function windowsCharacter(byte: string): string {
  return WINDOWS[byte.charCodeAt(0) - FIRST] ?? '';
}

/** The byte of a character; null if the encoding does not have it. */
export function byteOf(character: string, encoding: 'latin-1' | 'windows-1252'): number | null {
  const code = character.codePointAt(0) ?? 0;
  if (code < FIRST || (code > LAST && code <= 0xff)) return code;
  const place = encoding === 'latin-1' ? -1 : WINDOWS.indexOf(character);
  return place === -1 ? null : FIRST + place;
}

type ByteOrder = 'little' | 'big';

async function* fromUtf16(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  let order: ByteOrder | null = null;
  for await (const chunk of chunks) {
    const joined: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (joined.length < 2) {
      rest = joined;
      continue;
    }
    order ??= byteOrder(joined);
    const end = completeEnd(joined, order);
    if (end > 0) yield decodedUtf16(joined.subarray(0, end), order, offset);
    offset += end;
    rest = joined.subarray(end);
  }
  if (rest.length % 2 === 1) throw new FileProblem(text`it ends in the middle of a UTF-16 character`);
  if (rest.length > 0) throw notUtf16(offset);
}

/** By the byte order mark, or else by the zero byte of the first character, which is usually ASCII. */
function byteOrder(start: Buffer): ByteOrder {
  if (start[0] === 0xff && start[1] === 0xfe) return 'little';
  if (start[0] === 0xfe && start[1] === 0xff) return 'big';
  if (start[0] === 0) return 'big';
  if (start[1] === 0) return 'little';
  throw new FileProblem(text`it is not UTF-16: it has no byte order mark; correct \`encoding\` in the view`);
}

/** The end of the last complete character. */
function completeEnd(buffer: Buffer, order: ByteOrder): number {
  const end = buffer.length - (buffer.length % 2);
  const high = buffer[order === 'little' ? end - 1 : end - 2] ?? 0;
  return high >= 0xd8 && high <= 0xdb ? end - 2 : end;
}

function decodedUtf16(bytes: Buffer, order: ByteOrder, offset: number): Buffer {
  const decoded = (order === 'little' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le');
  if (!decoded.isWellFormed()) throw notUtf16(offset + 2 * loneSurrogate(decoded));
  return Buffer.from(decoded);
}

function loneSurrogate(decoded: string): number {
  for (let at = 0; at < decoded.length; at += 1) {
    const code = decoded.codePointAt(at) ?? 0;
    if (code > 0xffff) at += 1;
    else if (code >= 0xd800 && code <= 0xdfff) return at;
  }
  return 0;
}

function notUtf16(offset: number): FileProblem {
  return new FileProblem(text`byte ${safe(offset)} starts an unpaired surrogate, which is not valid UTF-16`);
}
