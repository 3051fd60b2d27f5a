import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SOURCE_KINDS } from '../../src/sources/index.ts';

const contracted = (name: string) =>
  globSync(`{${name},${name}/*}.test.ts`, { cwd: import.meta.dirname }).filter((file) =>
    /\btest(?:Source|Postgres)Contract\(/.test(readFileSync(join(import.meta.dirname, file), 'utf8')),
  );

describe('SOURCE_KINDS', () => {
  // The contract test reads by a query, which a source of keys does not have.
  test.each(SOURCE_KINDS.filter(({ needs }) => needs !== 'keys'))(
    '$name has a test of the contract in test/sources',
    ({ name }) => {
      expect(contracted(name)).not.toEqual([]);
    },
  );
});
