import { describe, expect, test } from 'vitest';
import { formatInstant } from '../../../src/core/instant.ts';
import { clockNotes } from '../../../src/definition/cron/cron-notes.ts';
import { at } from '../../support/views.ts';

const notes = (cron: string, zone: string) =>
  clockNotes(cron, zone, at('2026-11-20')).map(
    ({ kind, local, tick }) => `${kind} ${formatInstant(local).slice(0, 16)} ${formatInstant(tick)}`,
  );

describe('clockNotes', () => {
  test.each<[string, string, string[]]>([
    ['30 2 * * *', 'America/New_York', ['moved 2027-03-14T02:30 2027-03-14T07:30:00Z']],
    ['30 1 * * *', 'America/New_York', ['twice 2027-11-07T01:30 2027-11-07T05:30:00Z']],
    [
      '0 0 * * *',
      'America/Havana',
      ['moved 2027-03-14T00:00 2027-03-14T05:00:00Z', 'twice 2027-11-07T00:00 2027-11-07T04:00:00Z'],
    ],
    ['15 3 * * *', 'Europe/London', []],
    // A Sunday, not a Monday.
    ['30 1 * * mon', 'Europe/London', []],
    ['15 * * * *', 'Europe/London', []],
    ['30 1 * * *', 'Asia/Kolkata', []],
    ['30 1 * * *', 'UTC', []],
  ])('of %s in %s', (cron, zone, expected) => {
    expect(notes(cron, zone)).toEqual(expected);
  });
});
