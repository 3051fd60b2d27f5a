// What a run waits for, as text.

import { type Message, safe, text, textOf, value } from '../../core/message.ts';
import type { RunError } from '../../state/runs/run-error.ts';
import type { BlockingView, SourceFacts, StopReason, Wait } from '../../state/runs/wait.ts';
import { counted } from '../format.ts';

/** A part of a sentence. After an error, the error's message. */
export function waitText(wait: Wait, error: RunError | null): Message {
  switch (wait.kind) {
    case 'retry':
      return error?.parts ?? text`its last attempt failed with ${safe(wait.facts.code)}`;
    case 'publish':
      return error?.parts ?? text`publishing failed with ${safe(wait.facts.code)}`;
    case 'files':
      return text`no file matches ${safe(wait.facts.pattern)} in ${safe(wait.facts.place)} yet`;
    case 'source':
      return sourceText(wait.facts);
    case 'earlier_views':
      return safe(wait.facts.views.map(uncoveredText).join(', '));
    case 'overlap':
      return text`another run of the view is processing the same interval`;
    case 'leased':
      return text`another worker is running it`;
    case 'not_before':
      return text`its next attempt is not due yet`;
    case 'publisher':
      return text`another process is publishing the view`;
    case 'stopped':
      return safe(STOPS[wait.facts.reason]);
    case 'text':
      return value(wait.facts.text);
  }
}

/** The text of `waitingFor` in JSON output; null if the run waits for nothing. */
export function waitingForText({ wait, error }: { readonly wait: Wait | null; readonly error: RunError | null }) {
  return wait === null ? null : textOf(waitText(wait, error));
}

const STOPS = {
  process_stopped: 'its process was asked to stop',
  worker_stopped: 'its worker was asked to stop',
  job_lock_lost: 'its worker lost the lock on its job',
  command_failed: 'another run of its command failed unexpectedly',
  backfill_ended: 'its backfill has ended',
} as const satisfies Record<StopReason, string>;

function sourceText({ place, blocker, since }: SourceFacts): Message {
  if (blocker === 'clock') return text`the clock of ${safe(place)} is not yet one second past the end of the interval`;
  const which = blocker === 'open' ? `has been open since ${since}` : `was prepared at ${since}`;
  return text`${safe(place)} may still commit rows of this interval: a transaction ${safe(which)}`;
}

function uncoveredText({ name, start, end, more }: BlockingView): string {
  return `${name} does not cover [${start}, ${end})${more === 0 ? '' : ` and ${counted(more, 'more interval')}`} yet`;
}
