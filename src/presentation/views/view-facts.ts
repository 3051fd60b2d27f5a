// A view as text: its status as a block of facts.

import { formatDuration } from '../../core/duration.ts';
import { entityText } from '../../definition/entity.ts';
import { hasIntervals } from '../../definition/view.ts';
import type { SpanSet } from '../../state/queries/span-set.ts';
import { behindMs } from '../../state/views/view-state.ts';
import { count, counted, localAndUtc, shortInstant, shortSpan, unitsIn } from '../format.ts';
import type { NextTick } from '../next-ticks.ts';
import { countsText } from '../runs/run-facts.ts';
import type { Fact, Text } from '../text.ts';
import { causesText } from './held.ts';
import type { Status } from './status.ts';
import { agoText, lagText, stateText } from './status-text.ts';

/** One fact per line; empty facts are left out. */
export function viewFacts(status: Status): Fact[] {
  const { view } = status;
  const facts: readonly Fact[] = [
    ['view', { style: 'bold', text: view.name }],
    ['kind', kindText(status)],
    ['state', stateText(status)],
    ['watermark', watermarkText(status)],
    ['freshness', view.freshnessMs === null ? '' : `at most ${formatDuration(view.freshnessMs)} behind`],
    ['covered', !hasIntervals(view.kind) ? '' : coveredText(status)],
    ['holes', areHeld(status) ? '' : spansOrNothing(status.holes, view.unitMs)],
    ['held', spansOrNothing(status.held, view.unitMs)],
    ['causes', status.heldCauses.length < 2 ? '' : causesText(status.heldCauses, view.unitMs)],
    ['skipped', spansOrNothing(status.skipped, view.unitMs)],
    ['emptied', spansOrNothing(status.emptied, view.unitMs)],
    ['stale', spansOrNothing(status.rereads, view.unitMs)],
    ['not online', spansOrNothing(status.unpublished, view.unitMs)],
    ['rows', count(status.rows)],
    ['last run', lastRunText(status)],
    ['open runs', openRunsText(status)],
    ...status.backfills.map(
      ({ id, state, mode, range }) => ['backfill', `${id}  ${state}  ${mode}  ${shortSpan(range)}`] as const,
    ),
    [
      'next tick',
      status.ticks.length === 0 && !status.retired && view.kind !== 'pushed'
        ? { style: 'yellow', text: 'none: no job schedules it' }
        : '',
    ],
    ...status.ticks.map((tick) => ['next tick', tickText(status, tick)] as const),
    ['after', view.after.join(', ')],
  ];
  return facts.filter(([, value]) => value !== '');
}

function kindText({ view }: Status): string {
  if (view.kind === 'pushed') return `pushed rows of ${entityText(view)}`;
  const grid = !hasIntervals(view.kind)
    ? ''
    : `, every ${formatDuration(view.unitMs)} from ${shortInstant(view.start)}`;
  const until = view.end === null ? '' : ` to ${shortInstant(view.end)}`;
  return `${view.kind} of ${entityText(view)} from ${view.source}${grid}${until}`;
}

function watermarkText(status: Status): string {
  const { watermark, frontier } = status;
  const at = watermark === null ? '–' : shortInstant(watermark);
  const lag = lagText(status) === '–' ? '' : `, ${lagText(status)} behind`;
  if (frontier === null) return `${at}${lag}`;
  if (status.retired) return at;
  const isCaughtUp = behindMs(status) === 0;
  return `${at}${lag}; ${isCaughtUp ? 'covers all settled time' : `settled up to ${shortInstant(frontier)}`}`;
}

const SPANS_SHOWN = 3;

/** `36 units: [2026-01-01, 2026-01-31), [2026-02-02, 2026-02-08)`. */
function spansText(spans: SpanSet, unitMs: number): string {
  if (spans.count === 0) return 'nothing';
  const shown = spans.first.slice(0, SPANS_SHOWN).map(shortSpan).join(', ');
  const more = spans.count > SPANS_SHOWN ? ` and ${counted(spans.count - SPANS_SHOWN, 'more span')}` : '';
  return `${counted(unitsIn(spans, unitMs), 'unit')}: ${shown}${more}`;
}

/** Held units may still be covered by the rows of an earlier run. */
function coveredText({ covered, heldAndCoveredMs, view }: Status): string {
  const units = unitsIn({ ms: heldAndCoveredMs }, view.unitMs);
  return `${spansText(covered, view.unitMs)}${units === 0 ? '' : `; ${count(units)} of them held`}`;
}

function spansOrNothing(spans: SpanSet, unitMs: number): string {
  return spans.count === 0 ? '' : spansText(spans, unitMs);
}

/** Whether the holes are exactly the held spans, which have their own line. */
function areHeld({ holes, held }: Status): boolean {
  return holes.ms === held.ms && holes.first[0]?.start === held.first[0]?.start;
}

function lastRunText({ lastRun, now }: Status): string {
  if (lastRun === null) return '–';
  const { id, state, at, counts } = lastRun;
  return `${id}  ${state} ${agoText(now - at)}${state === 'done' ? `: ${countsText(counts)}` : ''}`;
}

function tickText({ isPaused }: Status, { job, at, zone }: NextTick): Text {
  if (isPaused) return { style: 'dim', text: `none while the view is paused  ${job}` };
  return at === null
    ? { style: 'dim', text: `none while the job is paused  ${job}` }
    : `${localAndUtc(at, zone)}  ${job}`;
}

function openRunsText({ openRuns, activeRuns }: Status): string {
  return openRuns === 0 ? '' : `${count(openRuns)} (${count(activeRuns)} running)`;
}
