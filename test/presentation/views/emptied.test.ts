import { describe, expect, test } from 'vitest';
import { type Interval, interval } from '../../../src/core/interval.ts';
import { textOf } from '../../../src/core/message.ts';
import { emptiedNotes } from '../../../src/presentation/views/emptied.ts';
import type { SpanSet } from '../../../src/state/queries/span-set.ts';
import { at, view } from '../../support/views.ts';

const setOf = (spans: readonly Interval[]): SpanSet => ({
  count: spans.length,
  ms: spans.reduce((sum, { start, end }) => sum + end - start, 0),
  first: spans,
  end: spans.at(-1)?.end ?? null,
});

const day = (number: number) => {
  const start = (of: number) => at(`2026-01-${String(of).padStart(2, '0')}`);
  return interval(start(number), start(number + 1));
};

const notesFor = (emptied: Parameters<typeof emptiedNotes>[0]) => emptiedNotes(emptied).map(textOf);

describe('emptiedNotes', () => {
  test('names each span, and the command that confirms it', () => {
    expect(notesFor({ view: view(), emptied: setOf([]) })).toEqual([]);
    expect(notesFor({ view: view(), emptied: setOf([day(1)]) })).toEqual([
      'spend: 1 unit had rows and now has none: [2026-01-01, 2026-01-02). If this is unexpected, fix the source and restate it. If it is expected, confirm it with: millrace restate spend --from 2026-01-01 --to 2026-01-02 --allow-removals',
    ]);
    expect(notesFor({ view: view(), emptied: setOf([day(1), day(5)]) })).toEqual([
      'spend: 2 units had rows and now have none: [2026-01-01, 2026-01-02), [2026-01-05, 2026-01-06). If this is unexpected, fix the source and restate them. If it is expected, confirm it, one span at a time, with: millrace restate spend --from 2026-01-01 --to 2026-01-02 --allow-removals',
    ]);
  });

  test('names ten spans at most', () => {
    const many = Array.from({ length: 12 }, (_, index) => day(2 * index + 1));
    expect(notesFor({ view: view(), emptied: setOf(many) })[0]).toContain(
      ', [2026-01-19, 2026-01-20) and 2 more spans. If',
    );
  });
});
