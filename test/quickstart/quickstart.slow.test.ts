import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';

const QUICKSTART = fileURLToPath(new URL('../../src/quickstart/quickstart.ts', import.meta.url));

/** Ctrl-C at a terminal reaches every process of the group, and so initdb as well. */
function pressControlC({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGINT');
}

/** Read from /proc: a bare Debian has no ps. */
function hasInitdb({ pid }: ChildProcess): boolean {
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      const isChild = readFileSync(`/proc/${entry}/status`, 'utf8').includes(`\nPPid:\t${pid}\n`);
      return isChild && readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('initdb\0-D');
    } catch {
      // It has ended since it was listed.
      return false;
    }
  });
}

describe('quickstart', () => {
  test.each<[string, (quickstart: ChildProcess, shown: string) => boolean]>([
    ['while it creates its servers', hasInitdb],
    ['while it works', (_, shown) => shown.includes('Ready after')],
  ])('prints on Ctrl-C only that it has stopped: %s', async (_, isTime) => {
    const started = spawn(process.execPath, [QUICKSTART], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    started.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    started.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const closed = once(started, 'close');
    await until(() => isTime(started, stdout));
    pressControlC(started);
    const [code] = await closed;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout).toMatch(/\nStopped\. All servers and data have been removed\.\n$/);
  });
});
