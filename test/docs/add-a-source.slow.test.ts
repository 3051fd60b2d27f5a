import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { blocksToRun, codeBlocks, readPage } from './blocks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readPage('docs/architecture/add-a-source.md');

type Checkout = Disposable & {
  readonly folder: string;
  /** A program of node_modules, run in the folder. */
  run(program: string, ...args: string[]): { status: number | null; output: string };
};

/** A copy of this checkout with its packages. */
function checkout(): Checkout {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-own-source-')));
  for (const name of ['src', 'test', 'scripts']) cpSync(join(root, name), join(folder, name), { recursive: true });
  for (const name of ['package.json', 'tsconfig.json', 'biome.json', 'vitest.config.ts']) {
    copyFileSync(join(root, name), join(folder, name));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const ours = Object.entries(process.env).filter(([name]) => !/^VITEST|^MILLRACE_TEST_ALL$/.test(name));
  const servers = { MILLRACE_TEST_POSTGRES_URL: inject('postgresUrl'), MILLRACE_TEST_REDIS_URL: inject('queueUrl') };
  return {
    folder,
    run(program, ...args) {
      const path = join('node_modules', program);
      const env = { ...Object.fromEntries(ours), ...servers, NO_COLOR: '1' };
      const done = spawnSync(process.execPath, [path, ...args], { cwd: folder, env, encoding: 'utf8' });
      return { status: done.status, output: done.stdout + done.stderr };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** Writes what the page says into the checkout; the files that it added or changed. */
function follow(folder: string): string[] {
  const files = codeBlocks(page, 'file');
  for (const { path, text } of files) {
    if (existsSync(join(folder, path))) throw new Error(`${path} is there already`);
    writeFileSync(join(folder, path), text);
  }
  const lines = codeBlocks(page, 'line of');
  for (const { path, text } of lines) appendFileSync(join(folder, path), text);
  return [...files, ...lines].map(({ path }) => path);
}

describe('docs/architecture/add-a-source.md', () => {
  test('works as shown, with one file, one line and one test', () => {
    using copy = checkout();
    const [block] = blocksToRun(page, 'add a source');

    const changed = follow(copy.folder);

    expect(changed).toEqual(['src/sources/toy.ts', 'test/sources/toy.test.ts', 'src/sources/kinds.ts']);
    expect(codeBlocks(page, 'line of').map(({ text }) => text.split('\n').length)).toEqual([2]);
    // What `npm test -- …` runs once the packages are there.
    const [, tests = 'none'] = /^npm test -- (.*)\n$/.exec(block?.commands ?? '') ?? [];
    const tested = copy.run('vitest/vitest.mjs', 'run', ...tests.split(' '));
    expect(tested, tested.output).toMatchObject({ status: 0 });
    expect(tested.output).toMatch(/sources\/toy\.test\.ts \(\d\d tests\)/);
  });

  test('has the types and the format of the rest', () => {
    using copy = checkout();
    const changed = follow(copy.folder);
    const narrow = { extends: './tsconfig.json', include: changed };
    writeFileSync(join(copy.folder, 'tsconfig.own.json'), JSON.stringify(narrow));

    const typed = copy.run('typescript-compiler/bin/tsc', '--noEmit', '-p', 'tsconfig.own.json');
    const formatted = copy.run('@biomejs/biome/bin/biome', 'check', ...changed);

    expect([typed, formatted]).toMatchObject([{ status: 0, output: '' }, { status: 0 }]);
  });
});
