// Bar charts of runs, drawn by the server as SVG: a bar per closed run, oldest on the left.

import { html } from 'hono/html';
import { shortSpan } from '../../presentation/format.ts';
import type { RunMark } from '../../state/queries/runs-page.ts';
import { isIn } from '../../state/runs/states.ts';
import type { Html } from '../context.ts';
import { timeHtml } from './time.ts';

export type Plot = {
  readonly title: string;
  /** The height of a bar; null for no bar. */
  readonly numberOf: (run: RunMark) => number | null;
  readonly textOf: (value: number) => string;
};

const [WIDTH, HEIGHT] = [600, 90];
/** Limits the width, so that a few runs do not become blocks. */
const SLOT_MAX = 60;

/** At most a hundred runs; runs that are not closed have no number yet and are omitted. */
export function plotHtml(all: readonly RunMark[], { title, numberOf, textOf }: Plot): Html {
  const runs = all.filter((run) => !isIn(run, 'unstored'));
  const values = runs.map((run) => numberOf(run) ?? 0);
  const most = Math.max(...values, 0);
  if (runs.length === 0 || most === 0) return html`<p class="empty">${title}: nothing to plot yet.</p>`;
  const label = `${title}: at most ${textOf(most)}, in the last run ${textOf(values.at(-1) ?? 0)}; the table below has the numbers`;
  const slot = Math.min(SLOT_MAX, WIDTH / runs.length);
  const bars = runs.map((run, place) => {
    const value = values[place] ?? 0;
    return barHtml(run, { x: place * slot, width: slot * 0.85, share: value / most, text: textOf(value) });
  });
  return html`<figure class="plot"><figcaption>${title} <span class="dim">at most ${textOf(most)}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}" preserveAspectRatio="none"><path class="axis" d="M0 ${HEIGHT - 0.5}H${WIDTH}M0 0.5H${WIDTH}"/>${bars}</svg>
${endsHtml(runs)}</figure>`;
}

/** Id and time of the first and last bar. */
function endsHtml(runs: readonly RunMark[]): Html {
  const [first, last] = [runs.at(0), runs.at(-1)];
  if (first === undefined || last === undefined || first === last) return html``;
  return html`<p class="ends">${[first, last].map(({ id, at }) => html`<span>run <a href="/runs/${id}">${id}</a> ${timeHtml(at)}</span>`)}</p>`;
}

type Bar = { readonly x: number; readonly width: number; readonly share: number; readonly text: string };

function barHtml(run: RunMark, { x, width, share, text }: Bar): Html {
  const high = Math.max(1, Math.round(share * (HEIGHT - 2)));
  return html`<rect class="r-${run.state}" x="${tenths(x)}" y="${HEIGHT - 1 - high}" width="${tenths(width)}" height="${high}"><title>run ${run.id} ${shortSpan(run.span)} ${run.state}: ${text}</title></rect>`;
}

function tenths(length: number): number {
  return Math.round(length * 10) / 10;
}
