// Lua scripts: each in a .lua file, named by its hash once the server has it.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export type RedisScript = { readonly text: string; readonly sha: string };

const loaded = new Map<string, Promise<RedisScript>>();

/** The script in a file, which is read once. */
export function loadScript(file: URL): Promise<RedisScript> {
  const known = loaded.get(file.href) ?? readScript(file);
  loaded.set(file.href, known);
  return known;
}

async function readScript(file: URL): Promise<RedisScript> {
  const text = await readFile(file, 'utf8');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
