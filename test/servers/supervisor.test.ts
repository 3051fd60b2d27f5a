// A supervisor whose parent exits before it has loaded.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ServerCommand } from '../../src/servers/supervisor.ts';

const SUPERVISOR = join(import.meta.dirname, '../../src/servers/supervisor.ts');

/** A server that runs until it is ended. */
function serverIn(folder: string): ServerCommand {
  return {
    command: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1000)'],
    environment: {},
    user: null,
    logFile: join(folder, 'log'),
    stopSignal: 'SIGTERM',
    temporaryFolder: join(folder, 'data'),
  };
}

test.each(['with a start order', 'without any order'])(
  'a supervisor without its parent ends, together with its server: %s',
  async (order) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-supervisor-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, 'data'));
    const child = fork(SUPERVISOR, [JSON.stringify(serverIn(folder))], {
      stdio: 'ignore',
      execArgv: ['--no-warnings'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    if (order === 'with a start order') child.send({ order: 'start' });
    child.disconnect();
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  },
);
