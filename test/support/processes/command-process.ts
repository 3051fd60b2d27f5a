// Runs a command of Millrace in a separate process, over a project in a temporary folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Connections } from '../../../src/definition/connections/connections.ts';
import { initProject } from '../../../src/init/init.ts';

const BIN = join(import.meta.dirname, '../../../bin/millrace.mjs');

export type Started = { readonly child: ChildProcess; said(): string };

/** Starts a process over a project whose source `shop` is the state database. */
export async function startCommand(
  command: readonly string[],
  { offline, online, queue }: Connections,
): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-command-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  await initProject(folder);
  const config = join(folder, 'millrace.yaml');
  const lake = 'lake: { url: "file:./lake" }';
  const shop = `shop: { url: "\${MILLRACE_OFFLINE_URL}" }`;
  writeFileSync(config, readFileSync(config, 'utf8').replace(lake, `${lake}\n  ${shop}`));
  const env = {
    ...process.env,
    MILLRACE_OFFLINE_URL: offline.url,
    MILLRACE_ONLINE_URL: online.url,
    MILLRACE_QUEUE_URL: queue.url,
  };
  const child = spawn(process.execPath, [BIN, ...command, '--project', folder], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  return { child, said: () => said };
}
