// A zip archive with files, as in https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.

import { crc32, deflateRawSync } from 'node:zlib';

/** DOS dates start in 1980. */
const DATE = 0x21;
const DEFLATED = 8;

/** Name → content. */
export function zipArchive(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [written, content] of Object.entries(files)) {
    const name = Buffer.from(written);
    const packed = deflateRawSync(content);
    const facts = factsOf(name, content, packed);
    const local = Buffer.concat([header(0x04034b50, [20]), facts, name, packed]);
    locals.push(local);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    entries.push(Buffer.concat([header(0x02014b50, [20, 20]), facts, place, name]));
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, header(0x06054b50, []), end]);
}

function header(signature: number, versions: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 2 * versions.length);
  bytes.writeUInt32LE(signature);
  for (const [index, version] of versions.entries()) bytes.writeUInt16LE(version, 4 + 2 * index);
  return bytes;
}

/** The part that local headers and the directory share, from the flags to the length of the extra field. */
function factsOf(name: Buffer, content: string | Uint8Array, packed: Buffer): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt16LE(DEFLATED, 2);
  bytes.writeUInt16LE(DATE, 6);
  bytes.writeUInt32LE(crc32(content), 8);
  bytes.writeUInt32LE(packed.length, 12);
  bytes.writeUInt32LE(Buffer.byteLength(content), 16);
  bytes.writeUInt16LE(name.length, 20);
  return bytes;
}
