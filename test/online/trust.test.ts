import { describe, expect, test } from 'vitest';
import type { FoundSentinel } from '../../src/online/sentinel/sentinel.ts';
import { judgeSentinel } from '../../src/online/sentinel/trust.ts';
import type { OnlineRecord, ViewPublishing } from '../../src/state/publishing/online-store.ts';

const SERVER = { serverRunId: 'run', replicationId: 'replica' };

function view(extra: Partial<ViewPublishing> = {}): ViewPublishing {
  return { id: 1, name: 'orders', publishNumber: 7, finishedNumber: 7, isLeased: false, rebuildReason: null, ...extra };
}

function record(extra: Partial<OnlineRecord> = {}): OnlineRecord {
  return { ...SERVER, generation: 3, views: [view()], ...extra };
}

function found(number: number | null = 7, extra: Partial<FoundSentinel> = {}): FoundSentinel {
  const finished = new Map(number === null ? [] : [['orders', number] as const]);
  return { ...SERVER, generation: 3, finished, begun: new Map(), ...extra };
}

const EMPTY = { generation: null, finished: new Map<string, number>(), begun: new Map<string, number>() };
const NEVER = { ...SERVER, generation: 0, serverRunId: null, replicationId: null };

describe('judgeSentinel', () => {
  test('agrees where both say the same', () => {
    expect(judgeSentinel(record(), found())).toEqual({ kind: 'agrees' });
    expect(judgeSentinel(record({ views: [view({ publishNumber: 9 })] }), found())).toEqual({ kind: 'agrees' });
    expect(judgeSentinel(record({ views: [view({ publishNumber: 0, finishedNumber: 0 })] }), found(null))).toEqual({
      kind: 'agrees',
    });
  });

  test('takes the very first start for what it is', () => {
    const nothing = view({ publishNumber: 0, finishedNumber: 0 });
    expect(judgeSentinel({ ...NEVER, views: [nothing] }, found(null, EMPTY))).toEqual({ kind: 'first' });
    // The first publish has its number already.
    expect(
      judgeSentinel({ ...NEVER, views: [view({ publishNumber: 1, finishedNumber: 0 })] }, found(null, EMPTY)),
    ).toEqual({ kind: 'first' });
    expect(judgeSentinel(record({ views: [nothing] }), found(null, EMPTY))).toEqual({ kind: 'first' });
  });

  test.each([
    ['flushed', found(null, EMPTY), 'emptied', false],
    ['an older generation', found(7, { generation: 2 }), 'older', false],
    ['an older number', found(6), 'older', false],
    ['a number that is gone', found(null), 'older', false],
    ['restarted', found(7, { serverRunId: 'other' }), 'server', false],
    ['failed over', found(7, { replicationId: 'other' }), 'server', false],
    ['a newer generation', found(7, { generation: 4 }), 'restored', true],
    ['a number never given out', found(8), 'restored', true],
  ])('distrusts a store that is or has %s', (_, sentinel, reason, numbersMayBeTaken) => {
    expect(judgeSentinel(record(), sentinel)).toEqual({ kind: 'distrusted', reason, numbersMayBeTaken });
  });

  test('doubts a view whose publisher is gone between its last write and the record of it', () => {
    const died = record({ views: [view({ publishNumber: 8 }), view({ id: 2, name: 'other' })] });
    const sentinel = found(8, {
      finished: new Map([
        ['orders', 8],
        ['other', 7],
      ]),
    });
    expect(judgeSentinel(died, sentinel)).toEqual({
      kind: 'doubtful',
      reason: 'unrecorded',
      views: ['orders'],
    });
  });

  test('waits for a publisher that is about to tell Postgres, but not for the one before it', () => {
    const leased = record({ views: [view({ publishNumber: 8, isLeased: true })] });
    expect(judgeSentinel(leased, found(8))).toEqual({ kind: 'agrees' });
    const next = record({ views: [view({ publishNumber: 9, isLeased: true })] });
    expect(judgeSentinel(next, found(8))).toMatchObject({ kind: 'doubtful', views: ['orders'] });
  });

  test.each([Number.NaN, 2_000_000_000, Number.MAX_SAFE_INTEGER])('distrusts a generation of %d', (generation) => {
    const reason = 'damaged';
    const distrusted = { kind: 'distrusted', reason, numbersMayBeTaken: false };
    expect(judgeSentinel(record(), found(7, { generation }))).toEqual(distrusted);
    const nothing = record({ views: [view({ publishNumber: 0, finishedNumber: 0 })] });
    expect(judgeSentinel(nothing, found(null, { generation }))).toEqual({ kind: 'first' });
  });

  test.each([Number.NaN, 2_000_000_000, Number.MAX_SAFE_INTEGER])(
    'doubts the one view with a number of %d',
    (number) => {
      const reason = 'damaged';
      const two = record({ views: [view(), view({ id: 2, name: 'other' })] });
      const finished = new Map([
        ['orders', 7],
        ['other', number],
      ]);
      const doubtful = { kind: 'doubtful', reason, views: ['other'] };
      expect(judgeSentinel(two, found(7, { finished }))).toEqual(doubtful);
      const begun = new Map([['other', number]]);
      expect(
        judgeSentinel(
          two,
          found(7, {
            finished: new Map([
              ['orders', 7],
              ['other', 7],
            ]),
            begun,
          }),
        ),
      ).toEqual(doubtful);
    },
  );

  test('takes a fence that Postgres never gave out for one of a later life', () => {
    expect(judgeSentinel(record(), found(7, { begun: new Map([['orders', 8]]) }))).toMatchObject({
      kind: 'distrusted',
      numbersMayBeTaken: true,
    });
  });
});
