// The environment as an argument, including the `.env` file next to millrace.yaml.

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { Failure, messageOf } from '../../core/failure.ts';
import { isAbsent } from '../yaml/project-files.ts';
import { readRegularOrPipe } from '../yaml/read-file.ts';

const ENV_FILE_BYTES_MAX = 1024 * 1024;
const SECRET_BYTES_MAX = 64 * 1024;
const READABLE_BY_ALL = 0o004;

export type Environment = Readonly<Record<string, string | undefined>>;

/** `env`, plus the variables of the folder's `.env` that it does not set as NAME or NAME_FILE. */
export async function readEnvironment(folder: string, env: Environment): Promise<Environment> {
  const file = path.join(folder, '.env');
  const added = Object.entries(parseEnv(await readOptional(file))).filter(
    ([name]) =>
      env[name] === undefined && env[`${name}_FILE`] === undefined && env[name.replace(/_FILE$/, '')] === undefined,
  );
  return { ...Object.fromEntries(added), ...env };
}

/** A warning if other accounts of the machine can read the folder's `.env`; otherwise null. */
export async function envFileWarning(folder: string): Promise<string | null> {
  const file = path.join(folder, '.env');
  const mode = await stat(file).then(
    ({ mode }) => mode,
    () => 0,
  );
  if (process.platform === 'win32' || (mode & READABLE_BY_ALL) === 0) return null;
  return `Every account of this machine can read ${file}, which contains passwords. Run "chmod 600 ${file}".`;
}

async function readOptional(file: string): Promise<string> {
  try {
    return textOf(await readRegularOrPipe(file, { bytesMax: ENV_FILE_BYTES_MAX }));
  } catch (thrown) {
    if (isAbsent(thrown)) return '';
    throw new Failure('ENVIRONMENT_MISSING', `${file} cannot be read: ${messageOf(thrown)}`, { file }, thrown);
  }
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
