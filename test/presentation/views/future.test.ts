import { expect, test } from 'vitest';
import { interval } from '../../../src/core/interval.ts';
import { textOf } from '../../../src/core/message.ts';
import { futureNotes } from '../../../src/presentation/views/future.ts';
import { at, view } from '../../support/views.ts';

test('futureNotes · names the end of the coverage if it is in the future, and the command that reads it again', () => {
  const span = interval(at('2026-01-01'), at('2026-01-05'));
  const covered = { count: 1, ms: span.end - span.start, first: [span], end: span.end };
  const notesAt = (now: string) => futureNotes({ view: view(), covered, now: at(now) }).map(textOf);
  expect(notesAt('2026-01-05')).toEqual([]);
  expect(notesAt('2026-01-03T12:00Z')).toEqual([
    'spend is covered until 2026-01-05, which is in the future: the clock of Postgres was ahead, or is behind now. If it was ahead, the units that were read in that time may lack rows. Once it is right, restate all units that have ended since it was first ahead, at least with: millrace restate spend --from 2026-01-03',
  ]);
});
