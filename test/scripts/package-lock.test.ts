import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { incompleteEntries, type Packages } from '../../scripts/complete-lock.ts';

const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Packages;
};

describe('package-lock.json', () => {
  test('contains the packages for every machine, each with its checksum (node scripts/bootstrap.mjs lock)', () => {
    expect(incompleteEntries(packages)).toEqual([]);
    expect(
      Object.entries(packages).filter(([path, { integrity }]) => path !== '' && !integrity?.startsWith('sha512-')),
    ).toEqual([]);
  });

  test('marks compilers and test tools as development packages, which no production install has', () => {
    const isTool = /\/(?:typescript|@typescript\/|esbuild|vite|vitest|rolldown|oxc-|@biomejs\/)/;
    const entries = Object.entries(packages).filter(([path, { name }]) => isTool.test(`${path}/${name ?? ''}`));

    expect(entries.length).toBeGreaterThan(5);
    expect(entries.filter(([, { dev }]) => dev !== true).map(([path]) => path)).toEqual([]);
  });
});

describe('incompleteEntries', () => {
  test('returns an optional package that is missing from the lock, and one without a checksum', () => {
    const [integrity, version] = ['sha512-x', '1.0.0'];

    expect(
      incompleteEntries({
        '': {},
        'node_modules/a': { version, integrity, dev: true, optionalDependencies: { b: '1.2.3', c: version } },
        'node_modules/c': { version },
      }),
    ).toEqual([
      { path: 'node_modules/b', version: '1.2.3', isDev: true },
      { path: 'node_modules/c', version, isDev: false },
    ]);
  });
});
