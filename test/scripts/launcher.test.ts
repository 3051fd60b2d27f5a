import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));
// The launcher asks for a Node version; it is given an old one.
const AS_NODE_20 =
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})';
const TELLS_ITS_ARGUMENTS = `export async function main(argv) { process.stdout.write(argv.join(' ')); return 4; }`;
const WAITS_FOR_SIGTERM = `export function main() {
  const waiting = setInterval(() => undefined, 1000);
  return new Promise((resolve) => {
    process.once('SIGTERM', () => { clearInterval(waiting); resolve(2); });
    process.stdout.write('ready');
  });
}`;

/** A folder with the launcher and these files. */
function install(files: Record<string, string>): { folder: string; launcher: string } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-launcher-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(LAUNCHER, join(folder, 'bin', 'millrace.mjs'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o755 });
  }
  return { folder, launcher: join(folder, 'bin', 'millrace.mjs') };
}

/** A program in place of the packaged Node. */
const PACKAGED_NODE = { 'node_modules/node/bin/node': `#!/bin/sh\nexec "${process.execPath}" "$@"\n` };

function launch(launcher: string, options: readonly string[], cwd: string) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [...options, launcher, 'status', '--json'], {
    encoding: 'utf8',
    cwd,
  });
  return { stdout, stderr, status };
}

describe('millrace', () => {
  test('runs the sources of a checkout, even after a build, and returns their exit code', () => {
    const built = `export async function main() { return 9; }`;
    const { folder, launcher } = install({ 'src/cli/main.ts': TELLS_ITS_ARGUMENTS, 'dist/cli/main.js': built });

    expect(launch(launcher, [], folder)).toEqual({ stdout: 'status --json', stderr: '', status: 4 });
  });

  test('runs the build if there are no sources', () => {
    const { folder, launcher } = install({ 'dist/cli/main.js': TELLS_ITS_ARGUMENTS });

    expect(launch(launcher, [], folder)).toEqual({ stdout: 'status --json', stderr: '', status: 4 });
  });

  test('restarts itself with the packaged Node if the machine has an old one', () => {
    const { folder, launcher } = install({ ...PACKAGED_NODE, 'dist/cli/main.js': TELLS_ITS_ARGUMENTS });

    expect(launch(launcher, ['--import', AS_NODE_20], folder)).toEqual({
      stdout: 'status --json',
      stderr: '',
      status: 4,
    });
  });

  test('says in a sentence what to do if no Node is new enough', () => {
    const { folder, launcher } = install({ 'dist/cli/main.js': TELLS_ITS_ARGUMENTS });

    expect(launch(launcher, ['--import', AS_NODE_20], folder)).toEqual({
      stdout: '',
      stderr:
        'Millrace needs Node 24 or newer, but this is 20.20.2: install Node 24, or run "npm install node@24" in this folder.\n',
      status: 1,
    });
  });

  test('names the script that installs Node in a checkout', () => {
    const { folder, launcher } = install({ 'src/cli/main.ts': TELLS_ITS_ARGUMENTS, 'scripts/bootstrap.mjs': '' });

    expect(launch(launcher, ['--import', AS_NODE_20], folder).stderr).toBe(
      'Millrace needs Node 24 or newer, but this is 20.20.2: install Node 24, or run "node scripts/bootstrap.mjs install" in the checkout.\n',
    );
  });

  test('forwards SIGTERM to the packaged Node and returns its exit code', async () => {
    const { folder, launcher } = install({ ...PACKAGED_NODE, 'dist/cli/main.js': WAITS_FOR_SIGTERM });
    const running = spawn(process.execPath, ['--import', AS_NODE_20, launcher], { cwd: folder });
    const { promise, resolve } = Promise.withResolvers<number | null>();
    running.once('exit', resolve);

    running.stdout.once('data', () => running.kill('SIGTERM'));

    expect(await promise).toBe(2);
  });
});
