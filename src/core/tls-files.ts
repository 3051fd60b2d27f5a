// The files of a TLS connection, read and checked before a driver gets them. A driver that finds an error in them during
// the handshake throws it where it cannot be caught.
//
// Their names come from URLs in millrace.yaml. A pipe without a writer would never end, and a device would fill the memory.

import { createSecureContext } from 'node:tls';
import { readRegular, readRegularSync, Unreadable } from './read-file.ts';

export type TlsFiles = { readonly ca: string | null; readonly cert: string | null; readonly key: string | null };

/** The contents of the files that are named. Rejects if a file cannot be read or is not a valid certificate or key. */
export async function readTlsFiles(files: TlsFiles): Promise<{ ca?: string; cert?: string; key?: string }> {
  const contents: { ca?: string; cert?: string; key?: string } = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const path = files[name];
    if (path !== null) contents[name] = await readTlsFile(path);
  }
  createSecureContext(contents);
  return contents;
}

/** Bundles of all public authorities have a quarter of this. */
const LIMITS = { bytesMax: 1_048_576 };

/** The text of a certificate or key. @throws Unreadable, which names the file, or the file system's error. */
export async function readTlsFile(path: string): Promise<string> {
  return textOf(await readRegular(path, LIMITS).catch((thrown: unknown) => Promise.reject(named(path, thrown))));
}

/** The same for callers that cannot wait. @throws as readTlsFile */
export function readTlsFileSync(path: string): string {
  try {
    return textOf(readRegularSync(path, LIMITS));
  } catch (thrown) {
    throw named(path, thrown);
  }
}

function named(path: string, thrown: unknown): unknown {
  return thrown instanceof Unreadable ? new Unreadable(`${path}: ${thrown.message}`) : thrown;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
