// Every TypeScript example of the docs that uses the library compiles.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { typesText } from '../../src/cli/define/types.ts';
import { systemClock } from '../../src/core/clock.ts';
import { loadDefinitions } from '../../src/definition/load.ts';
import { readPage } from './blocks.ts';
import { CHECKOUT, PAGES } from './pages.ts';

/** Names that examples use without declaring them. */
const CONTEXT = `
  declare const epochMicrosOf: typeof import('millrace').epochMicrosOf;
  declare const Failure: typeof import('millrace').Failure;
  declare const reader: import('millrace').Reader;
  declare const offlineUrl: string;
  declare const onlineUrl: string;
  declare const labels: readonly { readonly entityId: string; readonly at: Date }[];
  declare const pairs: readonly { readonly entityId: string; readonly at: Date }[];
`;

const OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
};

function examplesOf(page: string): string[] {
  const blocks = [...readPage(page).matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);
  return blocks.filter((code) => /'millrace'|\breader\./.test(code));
}

test('examples of the library compile', async () => {
  const folder = mkdtempSync(path.join(CHECKOUT, 'test/docs/.examples-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const examples = PAGES.flatMap((page) => examplesOf(page).map((code, at) => ({ page, code, at })));
  const files = examples.map(({ page, code, at }) => {
    const file = path.join(folder, `${page.replaceAll(/\W/g, '-')}-${at}.ts`);
    writeFileSync(file, `${code}\nexport {};\n`);
    return file;
  });
  writeFileSync(path.join(folder, 'context.d.ts'), CONTEXT);
  const { views } = await loadDefinitions(CHECKOUT, systemClock.now());
  writeFileSync(path.join(folder, 'features.d.ts'), typesText(views));
  const compilerOptions = { ...OPTIONS, paths: { millrace: [path.join(CHECKOUT, 'src/index.ts')] } };
  const project = { compilerOptions, files: [...files, path.join(folder, 'context.d.ts')] };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(project));

  const tsc = path.join(CHECKOUT, 'node_modules/typescript-compiler/bin/tsc');
  const done = spawnSync(process.execPath, [tsc, '-p', folder], { cwd: CHECKOUT, encoding: 'utf8' });

  expect(examples.length).toBeGreaterThan(5);
  expect({ status: done.status, output: done.stdout + done.stderr }).toEqual({ status: 0, output: '' });
}, 60_000);
