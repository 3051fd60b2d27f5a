import { describe, expect, test } from 'vitest';
import { type Interval, interval } from '../../../src/core/interval.ts';
import { textOf } from '../../../src/core/message.ts';
import { unnamedNotes } from '../../../src/presentation/views/unnamed.ts';
import { at, view } from '../../support/views.ts';

const FIRST = interval(at('2026-01-01'), at('2026-01-02'));
const THIRD = interval(at('2026-01-03'), at('2026-01-04'));

const notesFor = (spans: readonly Interval[], complete = true) => {
  const ms = spans.reduce((sum, { start, end }) => sum + end - start, 0);
  const unnamed = { count: spans.length, ms, first: spans, end: spans.at(-1)?.end ?? null };
  return unnamedNotes({ view: view(complete ? { complete: {} } : {}), unnamed }).map(textOf);
};

describe('unnamedNotes', () => {
  test('names the units that do not count as snapshots, and the command that lists their refused rows', () => {
    expect(notesFor([FIRST])).toEqual([
      'spend: 1 unit ([2026-01-01, 2026-01-02)) has no rows, or has refused rows with an unreadable entity, so entities missing from it keep their values. To see the refused rows: millrace quarantine spend',
    ]);
    expect(notesFor([FIRST, THIRD])).toEqual([
      'spend: 2 units ([2026-01-01, 2026-01-02), [2026-01-03, 2026-01-04)) have no rows, or have refused rows with an unreadable entity, so entities missing from them keep their values. To see the refused rows: millrace quarantine spend',
    ]);
  });

  test('is empty if the view is not complete, or has no such unit', () => {
    expect(notesFor([])).toEqual([]);
    expect(notesFor([FIRST], false)).toEqual([]);
  });
});
