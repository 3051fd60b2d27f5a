import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const VERSION = new URL('../../src/cli/version.ts', import.meta.url);

/** The module as part of a package that was built like this. */
async function builtWith(build: string | null): Promise<typeof import('../../src/cli/version.ts')> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-version-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'dist/cli'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "version": "1.2.3", "type": "module" }');
  if (build !== null) writeFileSync(join(folder, 'dist/build.json'), build);
  copyFileSync(VERSION, join(folder, 'dist/cli/version.ts'));
  return await import(pathToFileURL(join(folder, 'dist/cli/version.ts')).href);
}

describe('versionText', () => {
  test.each([
    ['{"commit":"6e0f81fa-dirty"}', '1.2.3 (build 6e0f81fa-dirty)', { version: '1.2.3', build: '6e0f81fa-dirty' }],
    ['{"commit":null}', '1.2.3', { version: '1.2.3' }],
    [null, '1.2.3', { version: '1.2.3' }],
  ])('names the build if it is known: %s', async (build, shown, facts) => {
    const { packageVersion, versionFacts, versionText } = await builtWith(build);
    // What is stored and compared is the version alone.
    expect([packageVersion(), versionText(), versionFacts()]).toEqual(['1.2.3', shown, facts]);
  });
});
