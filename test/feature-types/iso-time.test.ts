import { describe, expect, test } from 'vitest';
import { canonicalTime } from '../../src/feature-types/iso-time.ts';

describe('canonicalTime', () => {
  test.each([
    ['9999-12-31 23:59:59.999999+00', '9999-12-31T23:59:59.999999Z'],
    ['0001-01-01 00:00:00.000001Z', '0001-01-01T00:00:00.000001Z'],
    ['1969-12-31T23:59:59.5+00:30', '1969-12-31T23:29:59.5Z'],
    ['2026-01-31 10:00:00.120000', '2026-01-31T10:00:00.12Z'],
    ['2026-01-31', '2026-01-31T00:00:00Z'],
    ['tomorrow', 'tomorrow'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalTime(text)).toBe(canonical);
  });
});
