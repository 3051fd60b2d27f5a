// The status of a view as text: its state, its last run, and what needs attention.

import { formatDuration, humanDuration } from '../../core/duration.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import { hasIntervals } from '../../definition/view.ts';
import type { Pause } from '../../state/views/paused.ts';
import { isEmptyLatest, lagMs, stateOf, type ViewState } from '../../state/views/view-state.ts';
import { failureOf, pauseActor, pauseReason } from '../failures.ts';
import { counted, localAndUtc, unitsIn } from '../format.ts';
import { warningsSentence } from '../runs/checks.ts';
import { duplicatesSentence, storedRows } from '../runs/duplicates.ts';
import { waitingLine } from '../runs/run-waiting.ts';
import type { Style, Text } from '../text.ts';
import { editSentence } from './edit-sentence.ts';
import { emptiedNotes } from './emptied.ts';
import { futureNotes } from './future.ts';
import { heldSentence } from './held.ts';
import { rebuildText } from './rebuild-reason.ts';
import type { Status } from './status.ts';
import { unnamedNotes } from './unnamed.ts';
import { whyLate } from './why-late.ts';

/** States that end without human action. */
const PASSING: readonly ViewState[] = ['running', 'waiting', 'planned', 'stale', 'behind'];

export function stateText(view: Status): Text {
  const text = stateOf(view);
  if (text === 'ok') return { style: 'green', text };
  if (text === 'retired') return { style: 'dim', text };
  return { style: PASSING.includes(text) ? 'yellow' : 'red', text };
}

/** How far it is behind the current time, `3h`; `–` if it is not, or has no data yet. */
export function lagText(status: Status): string {
  const lag = isEmptyLatest(status) ? 0 : lagMs(status);
  return lag === 0 ? '–' : humanDuration(lag);
}

/** A past time in its largest unit, `3h ago`. */
export function agoText(ms: number): string {
  const [largest = '0s'] = humanDuration(Math.floor(ms / 1_000) * 1_000).split(' ');
  return ms < 1_000 ? 'just now' : `${largest.replace('.0', '')} ago`;
}

const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact' });

/** `done 3h ago, 1.2K rows`: the number of rows it stored. */
export function lastRunText({ lastRun, now }: Status): Text {
  if (lastRun === null) return '–';
  const { state, at, counts } = lastRun;
  const stored = storedRows(counts);
  const rows = state === 'done' ? `, ${COMPACT.format(stored)} ${stored === 1 ? 'row' : 'rows'}` : '';
  const style: Style | null = state === 'failed' || state === 'cancelled' ? 'red' : null;
  const text = `${state} ${agoText(now - at)}${rows}`;
  return style === null ? text : { style, text };
}

/** What needs attention or explanation, one sentence each. */
export function notesOf(status: Status): (string | Message)[] {
  return [...troublesOf(status), ...remarksOf(status)];
}

/** Why its state is not ok. */
function troublesOf(status: Status): (string | Message)[] {
  const { view, pause } = status;
  if (status.retired) return [];
  return [
    status.edited ? editSentence(view.name) : '',
    pause === null ? '' : pausedSentence(status, pause),
    status.held.count === 0 ? '' : heldSentence(status),
    stateOf(status) === 'failing' && status.waitingRun === null ? failingSentence(status) : '',
    stateOf(status) === 'late' ? lateSentence(status) : '',
    status.waitingRun === null ? '' : text`${safe(view.name)}: ${waitingLine(status.waitingRun)}`,
  ].filter((note) => note !== '');
}

/** What else is worth knowing. */
export function remarksOf(status: Status): (string | Message)[] {
  const { view, rebuildReason, unpublished } = status;
  if (status.retired) return inboxNotes(status);
  // Held units are not counted here: they have their own note.
  const staleUnits = unitsIn(status.rereads, view.unitMs);
  return [
    rebuildReason === null ? '' : `${view.name} will be rebuilt in the online store: ${rebuildText(rebuildReason)}.`,
    unpublished.count === 0
      ? ''
      : `${view.name}: ${counted(unitsIn(unpublished, view.unitMs), 'unit')} stored but not yet in the online store.`,
    ...inboxNotes(status),
    ...emptiedNotes(status),
    ...futureNotes(status),
    ...unnamedNotes(status),
    status.lastRun === null ? '' : duplicatesSentence(view.name, status.lastRun),
    status.lastRun === null ? '' : warningsSentence(view.name, status.lastRun),
    staleUnits === 0 ? '' : `${view.name}: ${counted(staleUnits, 'unit')} will be read again.`,
    status.leftUnits === 0
      ? ''
      : `${view.name}: ${counted(status.leftUnits, 'more unit')} will be planned when its open runs finish.`,
    ...status.backfills.map(
      ({ id, state }) =>
        text`${safe(view.name)}: backfill ${safe(id)} is ${safe(state)}; to see it: ${command(`millrace backfills show ${id}`)}`,
    ),
  ].filter((note) => note !== '');
}

function inboxNotes({ view, inboxRows }: Status): string[] {
  return inboxRows === 0
    ? []
    : [`${view.name}: ${counted(inboxRows, 'pushed row')} ${inboxRows === 1 ? 'is' : 'are'} waiting to be stored.`];
}

function pausedSentence({ view }: Status, pause: Pause): Message {
  const state = pause.at === null ? 'is paused' : `has been paused since ${localAndUtc(pause.at, 'UTC')}`;
  const actor = pauseActor(pause);
  const by = actor === null ? '' : ` by ${actor}`;
  return text`${safe(view.name)} ${safe(state)}${by}: ${pauseReason(pause)}; resume it with: ${command(`millrace resume ${view.name}`)}`;
}

function failingSentence({ view, failedInARow, lastFailure }: Status): Message {
  const runs = failedInARow === 1 ? 'the last run' : `the last ${failedInARow} runs`;
  if (lastFailure === null) return text`${safe(view.name)}: ${safe(runs)} failed.`;
  const recently = failedInARow === 1 ? ' with' : ', most recently with';
  return text`${safe(view.name)}: ${safe(runs)} failed${safe(recently)} ${failureOf(lastFailure)}.`;
}

function lateSentence(status: Status): Message {
  const { view } = status;
  const target = view.freshnessMs === null ? '' : ` (freshness target: ${formatDuration(view.freshnessMs)})`;
  const opening = isEmptyLatest(status)
    ? `${view.name} has no data yet`
    : `${view.name} is ${humanDuration(lagMs(status))} behind`;
  const late = whyLate(status);
  const why = late.length === 0 ? [] : text`: ${late}`;
  // A view of kind latest has no intervals that could be missing.
  const see = !hasIntervals(view.kind)
    ? text`to see its runs: ${command(`millrace runs ${view.name}`)}`
    : text`to see what is missing: ${command(`millrace intervals ${view.name}`)}`;
  return text`${safe(opening)}${safe(target)}${why}; ${see}`;
}
