// Shared SQL functions, in functions/: unlike migrations, each has one current text, which is written to the database
// again when it changes.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';

const FOLDER = new URL('./functions/', import.meta.url);

/**
 * Raise it with each change of a file in functions/ (a test checks this): a process of an older release does not
 * overwrite the functions of a newer one.
 */
export const FUNCTIONS_RELEASE = 6;

type Recorded = { readonly release: number; readonly digest: string };

/** Whether the database has these functions or those of a newer release; its migrations are done. */
export async function areFunctionsCurrent(session: Database | Session): Promise<boolean> {
  const [recorded] = await session.query<Recorded>('select release, digest from millrace.functions');
  if (recorded === undefined || recorded.release < FUNCTIONS_RELEASE) return false;
  return recorded.release > FUNCTIONS_RELEASE || recorded.digest === (await functionsDigest());
}

/**
 * Writes the functions, in a transaction that holds the migration lock. A function with new arguments or a new result
 * must be dropped by a migration: `create or replace` changes neither.
 */
export async function writeFunctions(session: Session): Promise<void> {
  for (const { text } of await functionFiles()) await session.run(text);
  await session.run(
    `insert into millrace.functions (release, digest) values ($1, $2)
     on conflict (only_row) do update
        set release = excluded.release, digest = excluded.digest, at = clock_timestamp()`,
    [FUNCTIONS_RELEASE, await functionsDigest()],
  );
}

/** Covers the names and contents of all files. */
export async function functionsDigest(): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, text } of await functionFiles()) hash.update(`${name}\n${text}\n`);
  return hash.digest('hex');
}

async function functionFiles(): Promise<{ name: string; text: string }[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(new URL(name, FOLDER), 'utf8') })));
}
