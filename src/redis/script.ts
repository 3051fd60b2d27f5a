// Lua scripts: text in a .lua file of its own, named by its hash once the server knows it.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export type RedisScript = { readonly text: string; readonly sha: string };

/** Reads a script; its callers keep what it returns. */
export async function loadScript(file: URL): Promise<RedisScript> {
  const text = await readFile(file, 'utf8');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
