// Units in a row, one character each: the marks of `millrace intervals`, with colors.

import { html } from 'hono/html';
import type { Interval } from '../../core/interval.ts';
import { keysOf } from '../../core/keys.ts';
import { type Coverage, MARKS, segmentsOf, type UnitState } from '../../plan/strip.ts';
import { count, shortSpan } from '../../presentation/format.ts';
import { UNIT_WORDS, wordOf } from '../../presentation/views/intervals.ts';
import type { Html } from '../context.ts';

export function stripHtml(coverage: Coverage, range: Interval): Html {
  return html`<span class="strip" role="img" aria-label="${stripLabel(coverage, range)}">${marksHtml(coverage, range)}</span>`;
}

/** The marks of a range, oldest first. */
export function marksHtml(coverage: Coverage, range: Interval): Html[] {
  return segmentsOf(coverage, range).map(({ span, state }) => {
    const units = (span.end - span.start) / coverage.unitMs;
    return html`<span class="u-${state}" title="${shortSpan(span)} ${wordOf(state)}">${marksOf(state).repeat(Math.ceil(units))}</span>`;
  });
}

/** A future unit is blank; CSS draws it as a dot. */
export function marksOf(state: UnitState): string {
  return state === 'future' ? '·' : MARKS[state];
}

/** `[2026-01-01, 2026-03-02): 58 covered, 2 held`. */
function stripLabel(coverage: Coverage, range: Interval): string {
  const units = new Map<UnitState, number>();
  for (const { span, state } of segmentsOf(coverage, range)) {
    if (state === 'future') continue;
    units.set(state, (units.get(state) ?? 0) + (span.end - span.start) / coverage.unitMs);
  }
  return `${shortSpan(range)}: ${units.size === 0 ? 'nothing is settled' : unitsText(units)}`;
}

/** `58 covered, 2 held`. */
export function unitsText(units: ReadonlyMap<UnitState, number>): string {
  return [...units].map(([state, found]) => `${count(found)} ${wordOf(state)}`).join(', ');
}

export function legendHtml(): Html {
  return html`<p class="legend">${keysOf(UNIT_WORDS).map((state) => html`<span><span class="strip"><span class="u-${state}">${marksOf(state)}</span></span> ${UNIT_WORDS[state]}</span> `)}</p>`;
}
