// Failures, and why a view or backfill is paused, as messages. Values of redacted views are already left out.

import { command, cut, type Message, safe, text, textOf, value, withoutPeriod } from '../core/message.ts';
import type { BackfillBlock, BackfillOverview } from '../state/backfills/overview.ts';
import type { RunError } from '../state/runs/run-error.ts';
import type { CircuitFacts, Pause } from '../state/views/paused.ts';
import { counted } from './format.ts';

const CHARACTERS_MAX = 500;

/** `SOURCE_QUERY: Division by zero`, as a part of a sentence. */
export function errorText({ code, parts }: Pick<RunError, 'code' | 'parts'>): Message {
  return textOf(parts) === '' ? safe(code) : text`${safe(code)}: ${withoutPeriod(cut(parts, CHARACTERS_MAX))}`;
}

/** `SOURCE_QUERY: Division by zero (millrace runs show 7)`. */
export function failureOf({ id, ...error }: RunError & { readonly id: number }): Message {
  return text`${errorText(error)} (${command(`millrace runs show ${id}`)})`;
}

/** `the source moves`, `its last 5 runs failed, most recently run 7 with SOURCE_QUERY: Division by zero`. */
export function pauseReason(pause: Pause): Message {
  return pause.kind === 'person' ? value(pause.reason.replace(/\.$/, '')) : circuitReason(pause.facts, 'run');
}

/** Who paused it; null if that is not known. */
export function pauseActor(pause: Pause): string | null {
  return pause.kind === 'person' ? pause.actor : 'its circuit breaker';
}

function circuitReason({ runs, run, ...error }: CircuitFacts, what: string): Message {
  return text`${safe(failedRuns({ runs, run }, what))} with ${errorText({ code: error.code, parts: error.message })}`;
}

/** `its last 5 chunks failed, most recently run 7`; `its last run (run 7) failed`. */
export function failedRuns({ runs, run }: Pick<CircuitFacts, 'runs' | 'run'>, what: string): string {
  return runs === 1
    ? `its last ${what} (run ${run}) failed`
    : `its last ${counted(runs, what)} failed, most recently run ${run}`;
}

/** Why a backfill plans nothing; null if nothing blocks it, or a person paused it. */
export function backfillBlockReason(rest: BackfillBlock | null): Message | null {
  switch (rest?.kind) {
    case undefined:
      return null;
    case 'circuit':
      return circuitReason(rest.facts, 'chunk');
    case 'view_paused':
      return text`its view is paused: ${pauseReason(rest.pause)}`;
    case 'view_retired':
      return text`its view is retired`;
    case 'view_edited':
      return text`its view has been edited but not deployed yet; run "${command('millrace apply')}"`;
    case 'view_latest':
      return text`its view is now a \`latest\` view, which has no past intervals to backfill`;
  }
}

/** The text of `pausedReason` and `why` in JSON output. */
export function pauseText(pause: Pause | null): string | null {
  return pause === null ? null : textOf(pauseReason(pause));
}

export function blockText({ rest }: Pick<BackfillOverview, 'rest'>): string | null {
  const why = backfillBlockReason(rest);
  return why === null ? null : textOf(why);
}
