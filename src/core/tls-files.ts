// The files of a TLS connection, read and checked before a driver gets them. A driver that finds an error in them during
// the handshake throws it where it cannot be caught.

import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

export type TlsFiles = { readonly ca: string | null; readonly cert: string | null; readonly key: string | null };

/** The contents of the files that are named. Rejects if a file cannot be read or is not a valid certificate or key. */
export async function readTlsFiles(files: TlsFiles): Promise<{ ca?: string; cert?: string; key?: string }> {
  const contents: { ca?: string; cert?: string; key?: string } = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const path = files[name];
    if (path !== null) contents[name] = await readFile(path, 'utf8');
  }
  createSecureContext(contents);
  return contents;
}
