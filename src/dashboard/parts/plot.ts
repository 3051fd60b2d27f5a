// Bar charts of runs over time, drawn by the server as SVG: a bar per closed run.

import { html } from 'hono/html';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
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
const [BAR_MIN, BAR_MAX] = [2, 12];
const HOUR_MS = 3_600_000;
/** A line of the time axis each of these; at most LINES_MAX of them. */
const STEPS = [
  [60_000, 'minute'],
  [600_000, '10 minutes'],
  [HOUR_MS, 'hour'],
  [6 * HOUR_MS, '6 hours'],
  [24 * HOUR_MS, 'day'],
  [7 * 24 * HOUR_MS, 'week'],
  [28 * 24 * HOUR_MS, '4 weeks'],
  [364 * 24 * HOUR_MS, '52 weeks'],
] as const;
const LINES_MAX = 15;

/**
 * At most a hundred runs, each where it was closed on a time axis; runs that are not closed have no number yet and are
 * omitted.
 */
export function plotHtml(all: readonly RunMark[], { title, numberOf, textOf }: Plot): Html {
  const runs = all.filter((run) => !isIn(run, 'unstored') && numberOf(run) !== null).sort((a, b) => a.at - b.at);
  const values = runs.map((run) => numberOf(run) ?? 0);
  const most = Math.max(...values, 0);
  if (runs.length === 0 || most === 0) return html`<p class="empty">${title}: nothing to plot yet.</p>`;
  const label = `${title}: up to ${textOf(most)}, ${textOf(values.at(-1) ?? 0)} in the last run; the table below has the numbers`;
  const width = Math.min(BAR_MAX, Math.max(BAR_MIN, (0.6 * WIDTH) / runs.length));
  const axis = timeAxis(runs.map(({ at }) => at));
  const bars = runs.map((run, place) => {
    const value = values[place] ?? 0;
    return barHtml(run, { x: axis.shareOf(run.at) * (WIDTH - width), width, share: value / most, text: textOf(value) });
  });
  const lines = axis.lines.map((share) => `M${tenths(share * (WIDTH - width) + width / 2)} 0V${HEIGHT}`).join('');
  return html`<figure class="plot"><figcaption>${title} <span class="dim">up to ${textOf(most)}${axis.step === null ? '' : `; one line per ${axis.step}`}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}" preserveAspectRatio="none"><path class="axis" d="M0 ${HEIGHT - 0.5}H${WIDTH}M0 0.5H${WIDTH}"/>${lines === '' ? '' : html`<path class="time" d="${lines}"/>`}${bars}</svg>
${endsHtml(runs)}</figure>`;
}

type TimeAxis = {
  /** From 0, the first time, to 1, the last one. */
  readonly shareOf: (at: EpochMs) => number;
  /** Shares of the round times in UTC. */
  readonly lines: readonly number[];
  /** From one line to the next, in words; null without lines. */
  readonly step: string | null;
};

/** The axis of these times, oldest first. */
function timeAxis(times: readonly EpochMs[]): TimeAxis {
  const [first = epochMsOf(0), last = first] = [times.at(0), times.at(-1)];
  const length = last - first;
  // A single time is in the middle.
  const shareOf = (at: number) => (length === 0 ? 0.5 : (at - first) / length);
  const found = STEPS.find(([stepMs]) => length / stepMs <= LINES_MAX);
  if (found === undefined || length === 0) return { shareOf, lines: [], step: null };
  const [stepMs, step] = found;
  const lines: number[] = [];
  for (let at = Math.ceil(first / stepMs) * stepMs; at <= last; at += stepMs) lines.push(shareOf(at));
  return { shareOf, lines, step: lines.length === 0 ? null : step };
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
