// The environment as an argument, including the `.env` file next to millrace.yaml.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { Failure, messageOf } from '../../core/failure.ts';
import { readRegularOrPipe } from '../../core/read-file.ts';
import { isAbsent } from '../yaml/project-files.ts';

const ENV_FILE_BYTES_MAX = 1024 * 1024;
const SECRET_BYTES_MAX = 64 * 1024;
const READABLE_BY_ALL = 0o004;

/** Why the folder's `.env` was not read. */
const UNREAD = Symbol('unread');

export type Environment = Readonly<Record<string, string | undefined>> & { readonly [UNREAD]?: string };

/**
 * `env`, plus the variables of the folder's `.env` that it does not set as NAME or NAME_FILE. A container has its variables
 * in its environment, and often cannot read the file, so the file is required only if a variable is missing.
 */
export async function readEnvironment(folder: string, env: Environment): Promise<Environment> {
  const file = path.join(folder, '.env');
  const read = await readOptional(file);
  if (typeof read !== 'string') return { ...env, [UNREAD]: read.unread };
  const added = Object.entries(parseEnv(read)).filter(
    ([name]) =>
      env[name] === undefined && env[`${name}_FILE`] === undefined && env[name.replace(/_FILE$/, '')] === undefined,
  );
  return { ...Object.fromEntries(added), ...env };
}

/** A sentence about a `.env` that exists, but that this process may not read; null if there is none. */
export function unreadEnvFile(env: Environment): string | null {
  return env[UNREAD] ?? null;
}

/** A warning if other accounts of the machine can read the folder's `.env`; otherwise null. */
export async function envFileWarning(folder: string): Promise<string | null> {
  const file = path.join(folder, '.env');
  const mode = await stat(file).then(
    ({ mode }) => mode,
    () => 0,
  );
  if (process.platform === 'win32' || (mode & READABLE_BY_ALL) === 0) return null;
  return `Every account on this machine can read ${file}, which contains passwords. Run "chmod 600 ${file}".`;
}

async function readOptional(file: string): Promise<string | { readonly unread: string }> {
  try {
    return textOf(await readRegularOrPipe(file, { bytesMax: ENV_FILE_BYTES_MAX }));
  } catch (thrown) {
    if (isAbsent(thrown)) return '';
    const sentence = `${file} cannot be read: ${messageOf(thrown)}`;
    if (isForbidden(thrown)) return { unread: sentence };
    throw new Failure('ENVIRONMENT_MISSING', sentence, { file }, thrown);
  }
}

function isForbidden(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'EACCES' || thrown.code === 'EPERM');
}

/**
 * The value of NAME, or else the trimmed content of the file in NAME_FILE; null if neither is set or the value is empty.
 * @throws Failure ENVIRONMENT_MISSING if that file cannot be read.
 */
export async function variable(env: Environment, name: string): Promise<string | null> {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  const file = env[`${name}_FILE`];
  if (file === undefined || file === '') return null;
  try {
    return textOf(await readRegularOrPipe(file, { bytesMax: SECRET_BYTES_MAX })).trim() || null;
  } catch (thrown) {
    const sentence = `The file in ${name}_FILE cannot be read: ${messageOf(thrown)}`;
    throw new Failure('ENVIRONMENT_MISSING', sentence, { variable: name }, thrown);
  }
}

/** Whether the value of NAME comes from the file in NAME_FILE, which can change while a process runs. */
export function isInFile(env: Environment, name: string): boolean {
  return (env[name] ?? '') === '' && (env[`${name}_FILE`] ?? '') !== '';
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
