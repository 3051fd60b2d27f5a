// The real processes, asked to stop while a server they need is away.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '../../src/dev/servers.ts';
import { initProject } from '../../src/init/init.ts';
import { freshDatabase, freshRedis } from '../support/servers.ts';
import { until } from '../support/until.ts';

const BIN = join(import.meta.dirname, '../../bin/millrace.mjs');
/** The grace time of operations.md. */
const GRACE_MS = 25_000;

async function start(kind: string, queueUrl: string): Promise<{ child: ChildProcess; said(): string }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-shutdown-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await initProject(folder);
  const env = {
    ...process.env,
    MILLRACE_OFFLINE_URL: await freshDatabase(),
    MILLRACE_ONLINE_URL: await freshRedis('online'),
    MILLRACE_QUEUE_URL: queueUrl,
  };
  const child = spawn(process.execPath, [BIN, kind, '--project', folder], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  return { child, said: () => said };
}

describe.each(['worker', 'scheduler'])('millrace %s', (kind) => {
  test('ends within its grace time when it is asked to, although the queue is away', async () => {
    await using queue = await startRedis();
    const { child, said } = await start(kind, queue.url);
    await until(() => said().includes(`${kind}.started`), 30_000);
    await queue.stop();
    const asked = performance.now();
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(performance.now() - asked).toBeLessThan(GRACE_MS);
  });
});
