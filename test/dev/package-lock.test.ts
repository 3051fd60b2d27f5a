import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { missingOptionals, type Packages } from '../../src/dev/complete-lock.ts';

describe('package-lock.json', () => {
  test('holds the packages for every machine, without which "npm ci" refuses it (node src/dev/bootstrap.mjs lock)', () => {
    const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
      packages: Packages;
    };

    expect(missingOptionals(lock.packages)).toEqual([]);
  });
});
