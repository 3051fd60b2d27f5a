import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const DEV = fileURLToPath(new URL('../../scripts/', import.meta.url));
const LOCK = { packages: { '': {}, 'node_modules/a': { version: '1.0.0' } } };
const INSTALLED = { packages: { 'node_modules/a': { version: '1.0.0' } } };
const PACKAGED_NODE = `#!/bin/sh\nexec "${process.execPath}" "$@"\n`;

/** A checkout with stubs for npm and apt-get that print their calls, and a PATH with only `programs`. */
function checkout(installed: object | null, programs: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-checkout-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files: Record<string, string> = {
    'package-lock.json': JSON.stringify(LOCK),
    'node_modules/node/bin/node': PACKAGED_NODE,
    'scripts/build.mjs': 'process.stdout.write("built " + process.argv.slice(2)); process.exitCode = 3;',
    'bench/scale/tick.bench.ts': 'process.stdout.write("ticked " + process.argv.slice(2));',
    'bench/scale/statements.ts': '',
    ...(installed === null ? {} : { 'node_modules/.package-lock.json': JSON.stringify(installed) }),
    ...Object.fromEntries(Object.entries(programs).map(([name, text]) => [`path/${name}`, `#!/bin/sh\n${text}\n`])),
  };
  for (const part of ['', '-benches', '-packages', '-servers', '-words']) {
    cpSync(join(DEV, `bootstrap${part}.mjs`), join(folder, 'scripts', `bootstrap${part}.mjs`));
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o755 });
  }
  return (...words: string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, 'scripts/bootstrap.mjs'), ...words], {
      encoding: 'utf8',
      env: { PATH: join(folder, 'path') },
    });
    return { stdout, stderr, status };
  };
}

describe('bootstrap', () => {
  test('installs nothing if the locked versions are installed, and returns the exit code of the command', () => {
    const run = checkout(INSTALLED, { npm: 'echo npm was called >&2; exit 1' });

    expect(run('build', '--fast')).toEqual({ stdout: 'built --fast', stderr: '', status: 3 });
  });

  test.each([
    ['nothing is installed', null],
    ['another version is installed', { packages: { 'node_modules/a': { version: '0.9.0' } } }],
  ])('installs the locked packages if %s', (_why, installed) => {
    const run = checkout(installed, { npm: 'echo "noise of $1"' });

    expect(run('build')).toEqual({
      stdout: 'built ',
      stderr: 'millrace: installing the locked packages (npm ci), once ...\n',
      status: 3,
    });
  });

  test('shows the output of npm when it fails', () => {
    const run = checkout(null, { npm: 'echo "no network" >&2; exit 1' });

    expect(run('build')).toEqual({
      stdout: '',
      stderr:
        'millrace: installing the locked packages (npm ci), once ...\nno network\n' +
        'millrace: "npm ci" failed: its output is above.\n',
      status: 1,
    });
  });

  test('runs a benchmark by its name, and lists those that exist for another name', () => {
    const run = checkout(INSTALLED, { 'redis-server': 'exit 0' });

    expect(run('bench', 'tick', '--rows=5')).toEqual({ stdout: 'ticked --rows=5', stderr: '', status: 0 });
    expect(run('bench', 'statements')).toEqual({
      stdout: '',
      stderr: 'millrace: There is no benchmark "statements". Choose from: tick.\n',
      status: 1,
    });
  });

  test('lists its commands when it is given an unknown one', () => {
    const run = checkout(INSTALLED, {});

    const { stderr, status } = run('tset');

    expect(stderr).toMatch(/^millrace: Choose a command: .*quickstart, test, test:all/);
    expect(status).toBe(1);
  });
});
