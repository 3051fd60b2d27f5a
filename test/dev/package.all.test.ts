// The published package, as someone gets it: packed here, installed in an empty folder, and used.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freshDatabase, freshRedis } from '../support/servers.ts';

const ROOT = join(import.meta.dirname, '../..');
const { node } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies;

const READ = `
  import { openReader } from 'millrace';
  const { MILLRACE_OFFLINE_URL: offlineUrl, MILLRACE_ONLINE_URL: onlineUrl } = process.env;
  await using reader = openReader({ offlineUrl, onlineUrl });
  const rows = await reader.readOnline(['customer_spend'], ['ada', 'nobody']);
  console.log(JSON.stringify([...rows.values()].map((row) => row.customer_spend?.values ?? null)));
`;

describe('the packed package', () => {
  test('installed in an empty folder, does init, validate, run --here and get, and reads from a program', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-package-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    // Without the variables that npm and its scripts give their children, which would be about this checkout.
    const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
    const env = {
      ...plain,
      MILLRACE_OFFLINE_URL: await freshDatabase(),
      MILLRACE_ONLINE_URL: await freshRedis('online'),
      MILLRACE_QUEUE_URL: await freshRedis('queue'),
    };
    const call = (command: string, args: readonly string[], cwd = folder) =>
      execFileSync(command, [...args], { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const packed = JSON.parse(
      call('npm', ['pack', '--json', '--pack-destination', folder], ROOT).replace(/^[^[{]*/, ''),
    );
    const tarball = join(folder, Object.values<{ filename: string }>(packed)[0]?.filename ?? '');
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, allowScripts: { node: true } }));
    call('npm', ['install', '--no-audit', '--no-fund', `node@${node}`, tarball]);

    const millrace = (...args: string[]) => call('npx', ['--no', '--', 'millrace', ...args]);
    expect(millrace('init', 'shop')).toContain('millrace.yaml');
    expect(millrace('validate', '--project', 'shop')).toMatch(/1 view/);
    expect(millrace('run', 'customer_spend', '--here', '--project', 'shop')).toMatch(/7 runs/);
    expect(millrace('get', 'customer_spend', 'ada', '--project', 'shop')).toMatch(/customer_spend/);
    mkdirSync(join(folder, 'service'));
    writeFileSync(join(folder, 'service', 'read.mjs'), READ);
    const read = call('npx', ['--no', '--', 'node', join('service', 'read.mjs')]);
    expect(JSON.parse(read)).toEqual([{ customer_spend: expect.any(String) }, null]);
  }, 240_000);
});
