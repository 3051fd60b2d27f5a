// Bars over runs, as SVG that the server draws: a bar for each, oldest at the left, and a link to its run.

import { html } from 'hono/html';
import type { RunMark } from '../state/runs-page.ts';
import { shortSpan } from '../words/format.ts';
import type { Html } from './context.ts';

export type Plot = {
  readonly title: string;
  /** What a bar is as high as; null where a run has none. */
  readonly numberOf: (run: RunMark) => number | null;
  readonly textOf: (value: number) => string;
};

const [WIDTH, HEIGHT, BAR] = [600, 90, 6];

/** At most a hundred runs. */
export function plotHtml(runs: readonly RunMark[], { title, numberOf, textOf }: Plot): Html {
  const values = runs.map((run) => numberOf(run) ?? 0);
  const most = Math.max(...values, 0);
  if (runs.length === 0 || most === 0) return html`<p class="empty">${title}: nothing to plot yet.</p>`;
  const label = `${title}: at most ${textOf(most)}, in the last run ${textOf(values.at(-1) ?? 0)}; the table below has the numbers`;
  // The newest run stands at the right, however few there are.
  const left = WIDTH - runs.length * BAR;
  const bars = runs.map((run, place) =>
    barHtml(run, { x: left + place * BAR, share: (values[place] ?? 0) / most, text: textOf(values[place] ?? 0) }),
  );
  return html`<figure class="plot"><figcaption>${title} <span class="dim">at most ${textOf(most)}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}" preserveAspectRatio="none"><path class="axis" d="M0 ${HEIGHT - 0.5}H${WIDTH}M0 0.5H${WIDTH}"/>${bars}</svg></figure>`;
}

function barHtml(run: RunMark, { x, share, text }: { x: number; share: number; text: string }): Html {
  const high = Math.max(1, Math.round(share * (HEIGHT - 2)));
  return html`<rect class="r-${run.state}" x="${x}" y="${HEIGHT - 1 - high}" width="${BAR - 1}" height="${high}"><title>run ${run.id} ${shortSpan(run.span)} ${run.state}: ${text}</title></rect>`;
}
