// Bar charts of runs: the places in time, the runs, and the labels.

import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import type { Html } from '../../src/dashboard/context.ts';
import { plotHtml } from '../../src/dashboard/parts/plot.ts';
import type { RunMark } from '../../src/state/queries/runs-page.ts';
import { at } from '../support/views.ts';

const run = (id: number, extra: Partial<RunMark> = {}): RunMark => ({
  id,
  state: 'done',
  span: null,
  reason: 'schedule',
  at: at('2026-06-01'),
  tookMs: 1_000,
  accepted: id,
  refused: 0,
  refusedBy: {},
  ...extra,
});

const PLOT = { title: 'Rows', numberOf: ({ accepted }: RunMark) => accepted, textOf: String };

/** The position and width of each bar. */
async function barsOf(html: Html): Promise<(readonly [number, number])[]> {
  const found = String(await html).matchAll(/<rect class="[^"]*" x="([^"]*)" y="[^"]*" width="([^"]*)"/g);
  return [...found].map(([, x, width]) => [Number(x), Number(width)] as const);
}

describe('plotHtml', () => {
  const HOUR_MS = 3_600_000;
  const hours = (...places: readonly number[]) =>
    places.map((hour, place) => run(place + 1, { at: epochMsOf(at('2026-06-01') + hour * HOUR_MS) }));

  test('places each run where it ended in time, the oldest on the left', async () => {
    const bars = await barsOf(plotHtml(hours(0, 1, 10, 4), PLOT));
    expect(bars).toEqual([0, 0.1, 0.4, 1].map((share) => [Math.round(share * 5_880) / 10, 12]));
  });

  test('narrows the bars of many runs', async () => {
    const bars = await barsOf(plotHtml(hours(...Array.from({ length: 100 }, (_, hour) => hour)), PLOT));
    expect([bars[0], bars.at(-1)]).toEqual([
      [0, 3.6],
      [596.4, 3.6],
    ]);
  });

  test('puts runs of one moment in the middle', async () => {
    expect(await barsOf(plotHtml([run(1), run(2)], PLOT))).toEqual([
      [294, 12],
      [294, 12],
    ]);
  });

  test.each([
    [[0.5, 3.2], 'hour', 3],
    [[0, 30], '6 hours', 6],
    [[1, 24 * 10], 'day', 10],
    [[0, 24 * 100], 'week', 14],
    [[0, 24 * 3_000], '52 weeks', 8],
  ] as const)('draws a line at each round time: %j', async (places, step, lines) => {
    const html = String(await plotHtml(hours(...places), PLOT));
    expect(html).toContain(`; one line per ${step}</span>`);
    expect(/class="time" d="([^"]*)"/.exec(html)?.[1]?.match(/M/g)).toHaveLength(lines);
  });

  test('omits runs without a number', async () => {
    const runs = [...hours(0, 1), run(3, { tookMs: null })];
    expect(await barsOf(plotHtml(runs, { ...PLOT, numberOf: ({ tookMs }) => tookMs }))).toHaveLength(2);
  });

  test('omits open runs', async () => {
    const runs = [run(1), run(2, { state: 'active', accepted: 0 }), run(3, { state: 'planned', accepted: 0 })];
    expect(await barsOf(plotHtml(runs, PLOT))).toHaveLength(1);
  });

  test('labels the first and the last run', async () => {
    const html = String(await plotHtml([run(7), run(8), run(9, { at: at('2026-06-03') })], PLOT));
    const ends = /<p class="ends">(.*)<\/p>/s.exec(html)?.[1]?.replaceAll(/<[^>]*>/g, '');
    expect(ends).toBe('run 7 2026-06-01 00:00Zrun 9 2026-06-03 00:00Z');
  });
});
