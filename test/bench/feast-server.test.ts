// The feature server that a bench starts, with a program in place of Feast.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startFeastServer } from '../../bench/online/servers.ts';
import { until } from '../support/until.ts';

const SERVERS = new URL('../../bench/online/servers.ts', import.meta.url).href;
const BENCHMARK = `
  import { startFeastServer } from '${SERVERS}';
  const [folder, environment] = process.argv.slice(2);
  const server = await startFeastServer({ folder, environment }, 2);
  console.log(server.pid);
  setInterval(() => {}, 1_000);
`;
const FEAST = `#!${process.execPath}
  const { argv } = process;
  const port = Number(argv[argv.indexOf('--port') + 1]);
  require('node:fs').writeFileSync('started', argv.slice(2).join(' '));
  require('node:http').createServer((_, reply) => reply.end()).listen(port, '127.0.0.1');
`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('startFeastServer', () => {
  test('includes the end of the log in the failure of a server that does not start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-feast-server-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/feast'), '#!/bin/sh\necho the registry is missing\nexit 3\n', { mode: 0o755 });
    await expect(startFeastServer({ folder, environment: folder }, 2)).rejects.toThrow(
      /^A private feast serve did not start\..*\n.*the registry is missing/,
    );
  });

  test('starts a server in the folder of the project, which ends when the benchmark is killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-feast-server-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [benchmark, project, bin] = [join(folder, 'benchmark.mjs'), join(folder, 'project'), join(folder, 'bin')];
    mkdirSync(project);
    mkdirSync(bin);
    writeFileSync(benchmark, BENCHMARK);
    writeFileSync(join(bin, 'feast'), FEAST, { mode: 0o755 });
    const parent = spawn(process.execPath, [benchmark, project, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const { value } = await createInterface({ input: parent.stdout })[Symbol.asyncIterator]().next();
    const pid = Number(value);
    expect(readFileSync(join(project, 'started'), 'utf8')).toContain('serve --host 127.0.0.1');
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid));
  });
});
