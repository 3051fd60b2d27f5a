// The notes of many views. Views that wait only for the same source share one note, so that an outage does not hide what
// failed for another reason.

import { command, type Message, safe, text } from '../../core/message.ts';
import { SOURCE_AWAY } from '../../state/outages/uncounted.ts';
import { waitingMs } from '../../state/queries/outage.ts';
import { failureOf } from '../failures.ts';
import { count, counted, unitsIn } from '../format.ts';
import { probesText } from './outage.ts';
import type { Status } from './status.ts';
import { notesOf, remarksOf } from './status-text.ts';

const NAMES_SHOWN = 6;

/** What needs attention or explanation in these views, one sentence each. */
export function notesOfAll(views: readonly Status[]): (string | Message)[] {
  const waiting = Map.groupBy(views.filter(waitsForOneSource), sourceOf);
  const outages = [...waiting].filter(([, { length }]) => length > 1);
  const away = new Set(outages.flatMap(([, of]) => of));
  return [
    ...outages.map(([source, of]) => outageNote(source, of)),
    ...views.flatMap((view) => (away.has(view) ? remarksOf(view) : notesOf(view))),
  ];
}

/** A view that waits for several sources has a separate note. */
function waitsForOneSource(view: Status): boolean {
  return waitsForSource(view) && view.outages.length <= 1;
}

/** The source that a view waits for. */
function sourceOf({ view, outages: [outage], waitingRun }: Status): string {
  return outage?.source ?? waitingRun?.error?.source ?? view.source;
}

/** Whether unavailable sources are all that holds a view back. */
export function waitsForSource({ retired, edited, isPaused, held, outages, waitingRun }: Status): boolean {
  if (retired || edited || isPaused) return false;
  const isRetried = waitingRun?.wait?.kind === 'retry' && waitingRun.wait.facts.code === SOURCE_AWAY;
  const isHeld = outages.length > 0 && waitingMs(outages) >= held.ms;
  return held.count === 0 ? isRetried : isHeld && (waitingRun === null || isRetried);
}

/**
 * `58 views are waiting for source shop (a, b and 56 more): most recently, run 130 failed with …; 58 held units will be
 * read when it responds (…); to try now: …`.
 */
function outageNote(source: string, views: readonly Status[]): Message {
  const failure = newestFailure(views);
  const why =
    failure === undefined ? [] : text`: most recently, run ${safe(failure.id)} failed with ${failureOf(failure)}`;
  const opening = `${counted(views.length, 'view')} are waiting for source ${source} (${namesOf(views)})`;
  return text`${safe(opening)}${why}; ${outcome(views, source)}`;
}

function outcome(views: readonly Status[], source: string): Message {
  const held = views.flatMap(({ view, outages: [outage], now }) =>
    outage === undefined ? [] : [{ view, outage, now }],
  );
  const [first] = held;
  if (first === undefined) return safe('their runs will be retried');
  const units = held.reduce((sum, { view, outage }) => sum + unitsIn(outage, view.unitMs), 0);
  const retry = command(`millrace retry --failed --source ${source}`);
  return text`${safe(counted(units, 'held unit'))} will be read when it responds (${safe(probesText(first.outage, first.now))}); to try now: ${retry}`;
}

function newestFailure(views: readonly Status[]) {
  const failures = views.flatMap(({ lastFailure, waitingRun, held }) => {
    if (held.count > 0) return lastFailure === null ? [] : [lastFailure];
    return waitingRun === null || waitingRun.error === null ? [] : [{ ...waitingRun.error, id: waitingRun.id }];
  });
  return failures.filter(({ code }) => code === SOURCE_AWAY).sort((one, other) => other.id - one.id)[0];
}

function namesOf(views: readonly Status[]): string {
  const names = views.map(({ view }) => view.name);
  const more = names.length - NAMES_SHOWN;
  return more <= 0 ? names.join(', ') : `${names.slice(0, NAMES_SHOWN).join(', ')} and ${count(more)} more`;
}
