// The files of a TLS connection, read and tried before a driver gets them: what a driver finds wrong with them in the
// middle of a handshake it throws where nobody can catch it.

import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

export type TlsFiles = { readonly ca: string | null; readonly cert: string | null; readonly key: string | null };

/** Their contents, without those that are not named. Rejects where one cannot be read, or is not what it should be. */
export async function readTlsFiles(files: TlsFiles): Promise<{ ca?: string; cert?: string; key?: string }> {
  const contents: { ca?: string; cert?: string; key?: string } = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const path = files[name];
    if (path !== null) contents[name] = await readFile(path, 'utf8');
  }
  createSecureContext(contents);
  return contents;
}
