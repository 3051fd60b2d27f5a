// The outcomes of checks as people read them.

import { command, joined, type Message, safe, text, textOf } from '../../core/message.ts';
import type { CheckOutcome } from '../../quality/outcome.ts';
import { checkSentence, sentenceWithRow } from '../../quality/sentence.ts';
import type { Text } from '../text.ts';

/** `failed: …`, `warned: …`, `refused: …`, `passed: …`, `not evaluated: …`. */
export function checkText(outcome: CheckOutcome): Text {
  const { state, check, isAccepted } = outcome;
  const sentence = sentenceWithRow(outcome);
  if (state === 'skipped') return { style: 'dim', text: text`not evaluated: ${sentence}` };
  if (state === 'passed') return { style: 'green', text: text`passed: ${sentence}` };
  if (isAccepted === true) return { style: 'yellow', text: text`failed, and accepted: ${sentence}` };
  if (check.onFailure === 'fail') return { style: 'red', text: text`failed: ${sentence}` };
  return { style: 'yellow', text: check.onFailure === 'warn' ? text`warned: ${sentence}` : text`refused: ${sentence}` };
}

/** The outcome in words, without examples of rows. */
export function outcomeText(outcome: CheckOutcome): string {
  return textOf(checkSentence(outcome));
}

/** The checks that a run failed and that only warn, as one sentence; '' if there are none. */
export function warningsSentence(
  view: string,
  run: { readonly id: number; readonly warnings: readonly CheckOutcome[] },
): Message | '' {
  if (run.warnings.length === 0) return '';
  const sentences = joined(run.warnings.map(sentenceWithRow), '; ');
  return text`${safe(view)}: run ${safe(run.id)} has ${safe(run.warnings.length === 1 ? 'a check warning' : 'check warnings')}: ${sentences}; to see the values, run: ${command(`millrace profile ${view}`)}`;
}

/** Of all outcomes of a run, those that warn. */
export function warningsOf(checks: readonly CheckOutcome[]): CheckOutcome[] {
  return checks.filter(({ state, check }) => state === 'broken' && check.onFailure === 'warn');
}

/** The checks that a run could not evaluate, as one sentence; '' if there are none. */
export function unevaluatedSentence({ id, view, checks }: EvaluatedRun): Message | '' {
  const skipped = checks.filter(({ state }) => state === 'skipped');
  if (skipped.length === 0) return '';
  return text`${safe(view)}: run ${safe(id)} could not evaluate ${safe(skipped.length === 1 ? 'a check' : `${skipped.length} checks`)}: ${joined(skipped.map(checkSentence), '; ')}`;
}

type EvaluatedRun = { readonly id: number; readonly view: string; readonly checks: readonly CheckOutcome[] };
