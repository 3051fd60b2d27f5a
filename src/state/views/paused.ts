// Why a view or a backfill rests, as data.

import type { EpochMs } from '../../core/instant.ts';
import { cut, type Message, withoutPeriod } from '../../core/message.ts';
import { redactMessage, type ViewRedaction } from '../redaction.ts';
import type { RunError } from '../runs/run-error.ts';

/** What opened a circuit: so many runs in a row failed, the last of them this one. */
export type CircuitFacts = {
  readonly runs: number;
  readonly run: number;
  readonly code: string;
  /** The beginning of what that run says of itself, without a period at its end. */
  readonly message: Message;
};

/** How a person or a circuit pauses. */
export type Pausing =
  | { readonly kind: 'person'; readonly actor: string; readonly reason: string }
  | { readonly kind: 'circuit'; readonly facts: CircuitFacts };

/** A pause as its row has it. `actor` and `at` are null where an earlier release did not record them. */
export type Pause = { readonly at: EpochMs | null } & (
  | { readonly kind: 'person'; readonly actor: string | null; readonly reason: string }
  | { readonly kind: 'circuit'; readonly facts: CircuitFacts }
);

/** The facts of a circuit as SQL, with the beginning of a message that is too long to be listed. */
export function shortFacts(facts: string): string {
  return `case when octet_length(${facts}::text) <= 16000 then ${facts} else ${facts} || jsonb_build_object(
    'message', jsonb_build_array(jsonb_build_object('value', left(${facts}->>'message', 2000)))) end`;
}

/** The pause of view `v` as SQL; null where it is not paused. */
export const PAUSE = `
  case v.paused_kind
    when 'person' then jsonb_build_object('kind', 'person', 'actor', left(v.paused_by, 500), 'reason', left(v.paused_reason, 2000))
    when 'circuit' then jsonb_build_object('kind', 'circuit', 'facts', ${shortFacts('v.paused_facts')})
  end || jsonb_build_object('at', floor(extract(epoch from v.paused_at) * 1000)::bigint)`;

/** Every page and command shows why something is paused, and a message may quote a value of any length. The run has all of it. */
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
