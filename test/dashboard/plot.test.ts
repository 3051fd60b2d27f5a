// Bar charts of runs: the widths, the runs, and the labels.

import { describe, expect, test } from 'vitest';
import type { Html } from '../../src/dashboard/context.ts';
import { plotHtml } from '../../src/dashboard/parts/plot.ts';
import type { RunMark } from '../../src/state/queries/runs-page.ts';
import { at } from '../support/views.ts';

const run = (id: number, extra: Partial<RunMark> = {}): RunMark => ({
  id,
  state: 'done',
  span: null,
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
  test('fills its width with ten runs and with a hundred', async () => {
    for (const runs of [10, 100]) {
      const bars = await barsOf(
        plotHtml(
          Array.from({ length: runs }, (_, place) => run(place + 1)),
          PLOT,
        ),
      );
      const slot = 600 / runs;
      expect(bars).toEqual(Array.from({ length: runs }, (_, place) => [place * slot, slot * 0.85]));
    }
  });

  test('keeps the bar of a single run narrow', async () => {
    expect(await barsOf(plotHtml([run(1)], PLOT))).toEqual([[0, 51]]);
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
