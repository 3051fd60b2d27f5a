// The first bytes of a file, which show if it is something else than text in the expected encoding.

import { safe, text } from '../../core/message.ts';
import type { TextEncoding } from '../../definition/view.ts';
import { FileProblem } from './file-problem.ts';

/** The first bytes of files that are not text. Often such a file has the wrong extension. */
const KINDS = [
  { bytes: [0x1f, 0x8b], is: 'compressed with gzip', ending: '.gz' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], is: 'compressed with zstd', ending: '.zst' },
  { bytes: [0x42, 0x5a, 0x68, null, 0x31, 0x41, 0x59], is: 'compressed with bzip2', ending: '.bz2' },
  { bytes: [0x50, 0x41, 0x52, 0x31], is: 'a Parquet file', ending: '.parquet' },
  { bytes: [0x50, 0x4b, 0x03, 0x04], is: 'a zip archive', ending: '.zip' },
  { bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], is: 'compressed with xz', ending: null },
  { bytes: [0x04, 0x22, 0x4d, 0x18], is: 'compressed with LZ4', ending: null },
  { bytes: [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59], is: 'compressed with Snappy', ending: null },
  { bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], is: 'a 7z archive', ending: null },
  { bytes: [0x4f, 0x62, 0x6a, 0x01], is: 'an Avro file', ending: null },
  { bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], is: 'an Excel workbook', ending: null },
] as const;

/** The position of `ustar` in a tar archive, after the name and the owner of its first file. */
const TAR_MARK_AT = 257;
const TAR = { is: 'a tar archive', ending: null };

const UTF16_MARKS = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];
const UTF8_MARK = [0xef, 0xbb, 0xbf];

/** @throws FileProblem if the bytes are the start of something else. `of` is what they are the start of. */
export function requireText(start: Buffer, encoding: TextEncoding | undefined, of: 'file' | 'content'): void {
  const kind = isTar(start) ? TAR : KINDS.find(({ bytes }) => startsWith(start, bytes));
  if (kind?.ending === null) {
    throw new FileProblem(
      of === 'content'
        ? text`its decompressed content is ${safe(kind.is)}; expected text`
        : text`it is ${safe(kind.is)}; expected text, or text compressed as .gz, .zst, .bz2 or .zip`,
      { isUnsupported: true },
    );
  }
  if (kind !== undefined) {
    throw new FileProblem(
      of === 'content'
        ? text`its decompressed content is ${safe(kind.is)}; expected text`
        : text`it is ${safe(kind.is)}; its name must end with ${safe(kind.ending)}`,
    );
  }
  const found = encodingOf(start);
  if (found === null || found === (encoding ?? 'utf-8')) return;
  const remedy = found === 'utf-8' ? `remove \`encoding: ${encoding}\`` : `set \`encoding: ${found}\``;
  throw new FileProblem(text`it is ${safe(found.toUpperCase())}; ${safe(remedy)} in the view`);
}

function isTar(start: Buffer): boolean {
  return start.toString('latin1', TAR_MARK_AT, TAR_MARK_AT + 5) === 'ustar' && start.includes(0);
}

/** The encoding that a byte order mark, or every other byte of a header, shows; null if unknown. */
function encodingOf(start: Buffer): 'utf-8' | 'utf-16' | null {
  if (UTF16_MARKS.some((mark) => startsWith(start, mark))) return 'utf-16';
  if (startsWith(start, UTF8_MARK)) return 'utf-8';
  return isAlternating(start) ? 'utf-16' : null;
}

/** Whether exactly one of each two bytes is zero, as in UTF-16 text of ASCII characters. */
function isAlternating(start: Buffer): boolean {
  const zeros = [0, 1, 2, 3].map((at) => start[at] === 0);
  return start.length >= 4 && zeros[0] === zeros[2] && zeros[1] === zeros[3] && zeros[0] !== zeros[1];
}

function startsWith(start: Buffer, bytes: readonly (number | null)[]): boolean {
  return bytes.every((byte, index) => byte === null || start[index] === byte);
}
