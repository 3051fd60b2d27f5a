// Why a view or a backfill is paused, as data.

import type { EpochMs } from '../../core/instant.ts';
import { cut, type Message, withoutPeriod } from '../../core/message.ts';
import { redactMessage, type ViewRedaction } from '../redaction.ts';
import type { RunError } from '../runs/run-error.ts';

/** Why a circuit opened: the number of failed runs in a row; this run was the last. */
export type CircuitFacts = {
  readonly runs: number;
  readonly run: number;
  readonly code: string;
  /** The beginning of the run's error, without a period at its end. */
  readonly message: Message;
};

/** A pause by an operator or a circuit. */
export type Pausing =
  | { readonly kind: 'person'; readonly actor: string; readonly reason: string }
  | { readonly kind: 'circuit'; readonly facts: CircuitFacts };

/** A stored pause. `actor` and `at` are null if an earlier release did not record them. */
export type Pause = { readonly at: EpochMs | null } & (
  | { readonly kind: 'person'; readonly actor: string | null; readonly reason: string }
  | { readonly kind: 'circuit'; readonly facts: CircuitFacts }
);

/** The facts of a circuit as SQL; a long message is cut. */
export function shortFacts(facts: string): string {
  return `case when octet_length(${facts}::text) <= 16000 then ${facts} else ${facts} || jsonb_build_object(
    'message', jsonb_build_array(jsonb_build_object('value', left(${facts}->>'message', 2000)))) end`;
}

/** The pause of view `v` as SQL; null if it is not paused. */
export const PAUSE = `
  case v.paused_kind
    when 'person' then jsonb_build_object('kind', 'person', 'actor', left(v.paused_by, 500), 'reason', left(v.paused_reason, 2000))
    when 'circuit' then jsonb_build_object('kind', 'circuit', 'facts', ${shortFacts('v.paused_facts')})
  end || jsonb_build_object('at', floor(extract(epoch from v.paused_at) * 1000)::bigint)`;

/**
 * Every page and command shows the reason of a pause, and a message may quote a long value. The run has the full text.
 */
const MESSAGE_CHARACTERS = 500;

export function circuitFacts(
  runs: number,
  run: number,
  { code, parts }: Pick<RunError, 'code' | 'parts'>,
): CircuitFacts {
  return { runs, run, code, message: withoutPeriod(cut(parts, MESSAGE_CHARACTERS)) };
}

export function redactCircuit(facts: CircuitFacts, view: ViewRedaction): CircuitFacts {
  return { ...facts, message: redactMessage(facts.message, view) };
}

export function redactPause<P extends Pause | null>(pause: P, view: ViewRedaction): P {
  return pause?.kind === 'circuit' ? { ...pause, facts: redactCircuit(pause.facts, view) } : pause;
}
