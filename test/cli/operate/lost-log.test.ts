// A long-running process whose log can no longer be written.

import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { runCommand } from '../../../src/cli/main.ts';
import { openTerminal } from '../../../src/cli/output/terminal.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { CONFIG, projectFolder, SPEND } from '../world.ts';

/** Nothing listens on its port, so that a worker waits, and logs that. */
const NOWHERE = '127.0.0.1:1';
const ENV = {
  MILLRACE_OFFLINE_URL: `postgres://ada@${NOWHERE}/shop`,
  MILLRACE_ONLINE_URL: `redis://${NOWHERE}/0`,
  MILLRACE_QUEUE_URL: `redis://${NOWHERE}/1`,
  SHOP_DATABASE_URL: `postgres://ada@${NOWHERE}/shop`,
};

/** The exit code of a worker whose log is written to `stdout`. */
async function workerOn(stdout: NodeJS.WritableStream): Promise<number> {
  const folder = await projectFolder({ 'millrace.yaml': CONFIG, 'features/spend.yaml': SPEND });
  const before = process.cwd();
  process.chdir(folder);
  try {
    const terminal = openTerminal(ENV, { stdin: new PassThrough(), stdout, stderr: new PassThrough() });
    return await runCommand(['worker'], { terminal, env: ENV, clock: systemClock });
  } finally {
    process.chdir(before);
  }
}

// A service manager restarts a process that failed; without a reader, there is nothing to restart it for.
test.each([
  { code: 'ENOSPC', exitCode: 1 },
  { code: 'EPIPE', exitCode: 0 },
])('a worker stops if writing its log fails with $code, and exits with $exitCode', async ({ code, exitCode }) => {
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) });
  expect(await workerOn(stdout)).toBe(exitCode);
});
