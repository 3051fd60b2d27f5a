// The environment as an argument, with what a `.env` beside millrace.yaml adds to it.

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

/** `env` with the variables of the folder's `.env` that it does not set itself, neither as NAME nor as NAME_FILE. */
export async function readEnvironment(folder: string, env: Environment): Promise<Environment> {
  const file = path.join(folder, '.env');
  const added = Object.entries(parseEnv(await readOptional(file))).filter(
    ([name]) =>
      env[name] === undefined && env[`${name}_FILE`] === undefined && env[name.replace(/_FILE$/, '')] === undefined,
  );
  return { ...Object.fromEntries(added), ...env };
}

/** A sentence about a `.env` of the folder that other accounts of the machine can read; null where there is none. */
export async function envFileWarning(folder: string): Promise<string | null> {
  const file = path.join(folder, '.env');
  const mode = await stat(file).then(
    ({ mode }) => mode,
    () => 0,
  );
  if (process.platform === 'win32' || (mode & READABLE_BY_ALL) === 0) return null;
  return `${file} holds passwords, and every account of this machine can read it: run "chmod 600 ${file}".`;
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
 * The value of a variable: NAME itself, else the content of the file that NAME_FILE names, without white space around it;
 * null where neither is set, or the value is empty. @throws Failure ENVIRONMENT_MISSING where that file cannot be read.
 */
export async function variable(env: Environment, name: string): Promise<string | null> {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  const file = env[`${name}_FILE`];
  if (file === undefined || file === '') return null;
  try {
    return textOf(await readRegularOrPipe(file, { bytesMax: SECRET_BYTES_MAX })).trim() || null;
  } catch (thrown) {
    const sentence = `The file that ${name}_FILE names cannot be read: ${messageOf(thrown)}`;
    throw new Failure('ENVIRONMENT_MISSING', sentence, { variable: name }, thrown);
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
