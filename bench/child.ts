// Programs of Node that a benchmark starts, and that end with it, also if it is killed.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type ChildOptions = Pick<SpawnOptions, 'cwd' | 'env'> & {
  readonly stdout: 'pipe' | 'ignore';
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
};

const RUNNER = fileURLToPath(new URL('child-runner.ts', import.meta.url));

/** Starts a program with arguments. Its standard input is a pipe, which closes when this process ends in any way. */
export function startChild(
  program: readonly string[],
  { stdout, nodeOptions = [], ...options }: ChildOptions,
): ChildProcess {
  return spawn(process.execPath, [...nodeOptions, RUNNER, ...program], {
    ...options,
    stdio: ['pipe', stdout, 'inherit'],
  });
}
