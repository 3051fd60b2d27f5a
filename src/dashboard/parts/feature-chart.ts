// A feature over time, drawn by the server as SVG: of numbers the median and the range from 5 to 95%, else the share of
// nulls.

import { html } from 'hono/html';
import { shortInstant } from '../../presentation/format.ts';
import { medianOf, nullShare, shortNumber } from '../../presentation/profile.ts';
import type { FeatureProfile } from '../../quality/profile.ts';
import type { UnitProfile } from '../../state/queries/profiles.ts';
import type { Html } from '../context.ts';

const [WIDTH, HEIGHT] = [600, 90];
/** The places of 5 and 95% in QUANTILES. */
const [LOW, HIGH] = [1, 5];

type Point = {
  readonly start: string;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  readonly says: string;
};

export function featureChart(name: string, units: readonly UnitProfile[]): Html {
  const points = units.map((unit) => pointOf(unit, name));
  const known = points.filter((point) => point !== null);
  if (known.length < 2) return html`<p class="empty">${name}: nothing to plot yet.</p>`;
  const scale = scaleOf(known);
  const isNumeric = units.some(({ profile }) => profile.features[name]?.quantiles != null);
  const what = isNumeric ? 'median, and the range from 5 to 95%' : 'share of nulls';
  const [first, last] = [known[0], known.at(-1)];
  const dates = `from ${first?.start ?? ''} to ${last?.start ?? ''}`;
  const slot = WIDTH / points.length;
  return html`<figure class="plot"><figcaption>${name} <span class="dim">${what}; ${isNumeric ? `${shortNumber(scale.least)} to ${shortNumber(scale.most)}` : `at most ${shortNumber(scale.most * 100)}%`}, ${dates}</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${name}: ${what}, by interval; the last: ${last?.says ?? ''}" preserveAspectRatio="none"><path class="axis" d="M0 ${HEIGHT - 0.5}H${WIDTH}M0 0.5H${WIDTH}"/>
<path class="band" d="${bandPath(points, scale)}"/><path class="line" d="${linePath(points, scale)}"/>
${points.map((point, place) => (point === null ? '' : html`<rect class="at" x="${tenths(place * slot)}" y="0" width="${tenths(slot)}" height="${HEIGHT}"><title>${point.says}</title></rect>`))}</svg></figure>`;
}

function pointOf(unit: UnitProfile, name: string): Point | null {
  const { profile, span, committedAt } = unit;
  const feature = profile.features[name];
  if (feature === undefined || profile.rows === 0) return null;
  const start = shortInstant(span?.start ?? committedAt);
  const nulls = feature.nulls / profile.rows;
  const median = medianOf(feature);
  if (median === null) {
    const middle = feature.mean ?? nulls;
    const says = feature.mean === null ? `${nullShare(profile, feature)} null` : `mean ${shortNumber(middle)}`;
    return { start, low: middle, middle, high: middle, says: `${start}: ${says}` };
  }
  return {
    start,
    low: at(feature, LOW),
    middle: median,
    high: at(feature, HIGH),
    says: `${start}: median ${shortNumber(median)}`,
  };
}

function at({ quantiles }: FeatureProfile, place: number): number {
  return quantiles?.[place] ?? 0;
}

type Scale = { readonly least: number; readonly most: number };

function scaleOf(points: readonly Point[]): Scale {
  const [least, most] = [Math.min(...points.map(({ low }) => low)), Math.max(...points.map(({ high }) => high))];
  return { least, most };
}

/** Lines break where a unit has no values. */
function linePath(points: readonly (Point | null)[], scale: Scale): string {
  const slot = WIDTH / points.length;
  return points
    .map((point, place) => {
      if (point === null) return '';
      const isStart = place === 0 || points[place - 1] === null;
      const [x, y] = [(place + 0.5) * slot, heightOf(point.middle, scale)];
      return isStart ? `M${tenths(x - slot / 2)} ${y}H${tenths(x)}` : `L${tenths(x)} ${y}`;
    })
    .join('');
}

function bandPath(points: readonly (Point | null)[], scale: Scale): string {
  const slot = WIDTH / points.length;
  return points
    .map((point, place) => {
      if (point === null) return '';
      const [top, bottom] = [heightOf(point.high, scale), heightOf(point.low, scale)];
      return `M${tenths(place * slot)} ${top}h${tenths(slot)}V${bottom}h-${tenths(slot)}Z`;
    })
    .join('');
}

function heightOf(value: number, { least, most }: Scale): number {
  const share = most > least ? (value - least) / (most - least) : 0.5;
  return tenths(HEIGHT - 3 - share * (HEIGHT - 6));
}

function tenths(length: number): number {
  return Math.round(length * 10) / 10;
}
