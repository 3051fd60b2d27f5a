import { expect, test } from 'vitest';
import { checkText } from '../../../src/presentation/runs/checks.ts';
import { plainText } from '../../../src/presentation/text.ts';

test('checkText shows that a check was not evaluated, and why', () => {
  const check = { kind: 'volume', share: 0.4, comparedTo: 8, same: 'any', onFailure: 'warn' } as const;
  const facts = { kind: 'too_few', units: 3, needed: 4 } as const;
  expect(plainText(checkText({ check, state: 'skipped', facts }))).toBe(
    'not evaluated: volume 40%: not enough history yet: 3 of 4 comparable intervals',
  );
});
