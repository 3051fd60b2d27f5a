// Times as text.

import { describe, expect, test } from 'vitest';
import { localAndUtc } from '../../src/presentation/format.ts';
import { at } from '../support/views.ts';

describe('localAndUtc', () => {
  test.each([
    ['2026-06-16 02:00Z', 'Europe/London', '2026-06-16 03:00 BST (02:00Z)'],
    ['2026-06-15 22:30Z', 'Europe/Berlin', '2026-06-16 00:30 CEST (2026-06-15T22:30Z)'],
    ['2026-11-22 03:15Z', 'Europe/London', '2026-11-22 03:15 UTC'],
    ['2026-11-22 03:15Z', 'UTC', '2026-11-22 03:15 UTC'],
  ])('shows %s in %s once if the zone equals UTC', (text, zone, written) => {
    expect(localAndUtc(at(text), zone)).toBe(written);
  });
});
