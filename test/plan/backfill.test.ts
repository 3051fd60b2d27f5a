import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { type Interval, interval, union } from '../../src/core/interval.ts';
import { countChunks, cutIntoChunks, partition, turnsOf, unitsOf } from '../../src/plan/backfill.ts';
import { at, view } from '../support/views.ts';

const HOUR_MS = 3_600_000;
const span = (start: number, end: number): Interval => interval(epochMsOf(start * HOUR_MS), epochMsOf(end * HOUR_MS));
const spans = fc.array(
  fc
    .tuple(fc.integer({ min: -20, max: 60 }), fc.integer({ min: 1, max: 12 }))
    .map(([start, size]) => span(start, start + size)),
  { maxLength: 6 },
);
const coverages = fc.record({
  covered: spans,
  held: spans,
  open: spans,
  frontier: fc.integer({ min: -10, max: 50 }).map((hour) => epochMsOf(hour * HOUR_MS)),
});
const modes = fc.constantFrom('missing', 'failed', 'all');
const asked = fc
  .tuple(fc.integer({ min: -20, max: 50 }), fc.integer({ min: 1, max: 40 }))
  .map(([start, size]) => span(start, start + size));
const hourly = view({
  kind: 'events',
  unitMs: HOUR_MS,
  start: epochMsOf(-5 * HOUR_MS),
  end: epochMsOf(40 * HOUR_MS),
});

/** The hours of spans, including repeated ones. */
const hours = (parts: readonly Interval[]) =>
  parts
    .flatMap(({ start, end }) => Array.from({ length: (end - start) / HOUR_MS }, (_, hour) => start / HOUR_MS + hour))
    .sort((a, b) => a - b);
const isIn = (parts: readonly Interval[], hour: number) =>
  parts.some(({ start, end }) => start <= hour * HOUR_MS && hour * HOUR_MS < end);

describe('partition', () => {
  test('puts each requested unit into exactly one part', () => {
    fc.assert(
      fc.property(asked, modes, coverages, (whole, mode, coverage) => {
        const parts = partition(hourly, whole, mode, coverage);
        expect(hours(parts.map((part) => part.span))).toEqual(hours([whole]));
      }),
    );
  });

  test('selects exactly the settled units of its mode that belong to the view and are not in flight', () => {
    fc.assert(
      fc.property(asked, modes, coverages, (whole, mode, coverage) => {
        const { covered, held, open, frontier } = coverage;
        const todo = partition(hourly, whole, mode, coverage).filter(({ fate }) => fate === 'todo');
        const wanted = hours([whole]).filter(
          (hour) =>
            hour >= -5 &&
            hour < 40 &&
            hour * HOUR_MS < frontier &&
            !isIn(open, hour) &&
            (mode === 'all' || (mode === 'failed' ? isIn(held, hour) : !isIn(covered, hour) && !isIn(held, hour))),
        );
        expect(hours(todo.map((part) => part.span))).toEqual(wanted);
      }),
    );
  });

  test('gives a reason for each unit that it skips', () => {
    const coverage = {
      covered: [span(0, 4)],
      held: [span(3, 6)],
      open: [span(5, 7)],
      frontier: epochMsOf(9 * HOUR_MS),
    };
    const whole = span(-6, 10);
    const reasons = (mode: 'missing' | 'failed' | 'all') =>
      Object.fromEntries(partition(hourly, whole, mode, coverage).map((part) => [part.fate, part.span]));
    const always = {
      "outside the view's start and end": span(-6, -5),
      'not settled': span(9, 10),
      'in flight': span(5, 7),
      todo: span(7, 9),
    };
    expect(reasons('missing')).toEqual({ ...always, covered: span(0, 4), held: span(4, 5) });
    expect(reasons('failed')).toEqual({ ...always, todo: span(3, 5), 'not held': span(7, 9) });
    expect(reasons('all')).toEqual(always);
  });
});

describe('cutIntoChunks', () => {
  test('contains every unit once, in chunks of limited size, in the requested order', () => {
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 9 }), fc.constantFrom('oldest', 'newest'), (todo, units, order) => {
        const chunks = cutIntoChunks(hourly, todo, units, order);
        expect(hours(chunks)).toEqual(hours(union(todo)));
        expect(chunks).toHaveLength(countChunks(hourly, todo, units));
        expect(chunks.every((chunk) => unitsOf([chunk], HOUR_MS) <= units)).toBe(true);
        const starts = chunks.map(({ start }) => start);
        const sorted = [...starts].sort((a, b) => (order === 'oldest' ? a - b : b - a));
        expect(starts).toEqual(sorted);
      }),
    );
  });

  test('uses the size of a run if no size is given', () => {
    const week = interval(at('2026-01-01'), at('2026-01-09'));
    expect(cutIntoChunks(hourly, [week], null, 'newest')).toEqual([
      interval(at('2026-01-08'), at('2026-01-09')),
      interval(at('2026-01-01'), at('2026-01-08')),
    ]);
    expect(cutIntoChunks(view(), [week], null, 'oldest')).toHaveLength(8);
  });
});

describe('turnsOf', () => {
  test('covers the chunk, with at most one run, which comes first', () => {
    fc.assert(
      fc.property(asked, modes, coverages, fc.constantFrom('events', 'snapshot'), (chunk, mode, coverage, kind) => {
        const turns = turnsOf({ ...hourly, kind }, chunk, mode, coverage);
        expect(hours(turns.map((turn) => turn.span))).toEqual(hours([chunk]));
        expect(turns.slice(1).some(({ fate }) => fate === 'run')).toBe(false);
        const [first] = turns;
        if (kind === 'snapshot' && first?.fate === 'run') expect(unitsOf([first.span], HOUR_MS)).toBe(1);
      }),
    );
  });

  test('eventually runs the selected units and no others', () => {
    fc.assert(
      fc.property(asked, modes, coverages, (chunk, mode, coverage) => {
        const run: Interval[] = [];
        const waiting = [chunk];
        const settled = { ...coverage, open: [], frontier: epochMsOf(1_000 * HOUR_MS) };
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          for (const turn of turnsOf(hourly, next, mode, settled)) {
            if (turn.fate === 'run') run.push(turn.span);
            if (turn.fate === 'wait') waiting.push(turn.span);
          }
        }
        const todo = partition(hourly, chunk, mode, settled).filter(({ fate }) => fate === 'todo');
        expect(hours(run)).toEqual(hours(todo.map((part) => part.span)));
      }),
    );
  });

  test('waits for units in flight and runs the rest', () => {
    const coverage = { covered: [span(0, 2)], held: [], open: [span(4, 6)], frontier: epochMsOf(90 * HOUR_MS) };
    expect(turnsOf(hourly, span(0, 8), 'missing', coverage)).toEqual([
      { span: span(2, 4), fate: 'run' },
      { span: span(6, 8), fate: 'wait' },
      { span: span(4, 6), fate: 'wait' },
      { span: span(0, 2), fate: 'covered' },
    ]);
  });

  test('widens a chunk to whole units when the interval of the view has grown', () => {
    const coverage = { covered: [], held: [], open: [], frontier: epochMsOf(90 * HOUR_MS) };
    const daily = view({ start: epochMsOf(0), end: null });
    for (const kind of ['snapshot', 'events'] as const) {
      const turns = turnsOf({ ...daily, kind }, span(5, 7), 'missing', coverage);
      expect(turns).toEqual([{ span: span(0, 24), fate: 'run' }]);
    }
  });
});
