// The outcome of a check in words, for the failure of a run, status and pages.

import { cut, joined, type Message, safe, text, value } from '../core/message.ts';
import type { Check } from '../definition/check.ts';
import type { CheckOutcome, ExampleRow } from './outcome.ts';

const CONDITION_CHARACTERS = 120;
const DRIFTED_SHOWN = 5;

/** The outcome of a check with one of the rows that fail it: never for a failure, a log or an alert. */
export function sentenceWithRow(outcome: CheckOutcome): Message {
  return withRow(checkSentence(outcome), outcome);
}

function withRow(sentence: Message, { examples }: CheckOutcome): Message {
  const [example] = examples ?? [];
  return example === undefined ? sentence : text`${sentence}, ${exampleText(example)}`;
}

/** `for example c1 at 2026-01-01T00:05:00Z with amount -1`. */
function exampleText({ entityId, timestamp, values }: ExampleRow): Message {
  const shown = Object.entries(values)
    .slice(0, EXAMPLE_VALUES)
    .map(([name, of]) => text`${safe(name)} ${of === null ? safe('null') : value(of)}`);
  const withValues = shown.length === 0 ? text`` : text` with ${joined(shown, ', ')}`;
  return text`for example ${value(entityId)} at ${safe(timestamp)}${withValues}`;
}

const EXAMPLE_VALUES = 3;

/** `row "amount > 0": 3 of 1200 rows (0.25%) fail`: the outcome of a check, without a full stop and without rows. */
export function checkSentence(outcome: CheckOutcome): Message {
  return text`${checkName(outcome.check)}: ${foundText(outcome)}`;
}

/** `The check \`volume 40%\` failed: 2026-01-09 has 60 rows, and …`, with one of the rows that fail it. */
export function failedSentenceWithRow(outcome: CheckOutcome): Message {
  return withRow(text`The check \`${checkName(outcome.check)}\` failed: ${foundText(outcome)}`, outcome);
}

/** `3 of 1200 rows (0.25%) fail`. */
function foundText({ check, facts }: CheckOutcome): Message {
  if (facts.kind === 'rows') {
    const of = `${facts.broken} of ${facts.rows} rows (${percent(facts.broken / Math.max(1, facts.rows))})`;
    const limit = 'atLeast' in check && check.atLeast < 1 ? ` (at_least: ${percent(check.atLeast)})` : '';
    return text`${safe(of)} ${safe(brokenVerb(check, facts.broken))}${safe(limit)}`;
  }
  if (facts.kind === 'volume') {
    const change = facts.median === 0 ? '' : ` (${signed((facts.rows - facts.median) / facts.median)})`;
    const unit =
      facts.start === null
        ? 'the run'
        : new Date(facts.start).toISOString().replace('T00:00:00.000Z', '').replace(':00.000Z', 'Z');
    return text`${safe(unit)} has ${safe(rowsText(facts.rows))}, and the median of the last ${safe(facts.units)} comparable intervals is ${safe(facts.median)}${safe(change)}`;
  }
  if (facts.kind === 'drift') {
    const shown =
      facts.drifted.length === 0 ? [[facts.feature, facts.psi] as const] : facts.drifted.slice(0, DRIFTED_SHOWN);
    const list = shown.map(([feature, psi]) => `${feature} has a PSI of ${short(psi)}`).join(', ');
    const more =
      facts.drifted.length > DRIFTED_SHOWN ? ` and ${facts.drifted.length - DRIFTED_SHOWN} more features differ` : '';
    return text`${safe(list)}${safe(more)}, compared with the last ${safe(facts.units)} comparable runs${safe(waitingText(facts.waiting))}`;
  }
  if (facts.kind === 'unevaluable') {
    return text`Postgres cannot evaluate it for these rows (SQLSTATE ${safe(facts.sqlstate)})`;
  }
  if (facts.kind === 'entities')
    return text`the run has ${safe(facts.entities === 1 ? '1 entity' : `${facts.entities} entities`)}`;
  if (facts.kind === 'no_histogram') {
    // Strings of redacted views, and features with nulls only, have none either.
    if (facts.rows >= facts.needed) return text`the feature has no histogram to compare`;
    const why =
      facts.rows === 0
        ? 'the run has no rows'
        : `a histogram needs one run with ${facts.needed} values, but this one has ${rowsText(facts.rows)}`;
    return text`not enough values: ${safe(why)}`;
  }
  return text`not enough history yet: ${safe(facts.units)} of ${safe(facts.needed)} comparable intervals`;
}

function waitingText(features = 0): string {
  if (features === 0) return '';
  return features === 1
    ? '; 1 feature does not have enough history or values yet'
    : `; ${features} features do not have enough history or values yet`;
}

function rowsText(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}

/** `row "amount > 0"`, `volume 40%`: a check, for people. */
export function checkName(check: Check): Message {
  if (check.kind === 'row')
    return text`row "${cut(safe(check.expression.replace(/\s+/g, ' ')), CONDITION_CHARACTERS)}"`;
  if (check.kind === 'matches')
    return text`matches "${cut(safe(check.pattern), CONDITION_CHARACTERS)}" of ${safe(check.feature)}`;
  if (check.kind === 'unique') return text`unique ${safe(check.features.join(', '))}`;
  if (check.kind === 'volume') return text`volume ${safe(percent(check.share))}`;
  if (check.kind === 'drift')
    return text`drift of ${safe(check.features?.join(', ') ?? 'all features')}, psi ${safe(check.psi)}`;
  return text`entities ${safe(rangeText(check.min, check.max))}`;
}

function brokenVerb({ kind }: Check, rows: number): string {
  if (kind === 'unique') return rows === 1 ? 'is a duplicate' : 'are duplicates';
  return rows === 1 ? 'fails' : 'fail';
}

function rangeText(min: number | null, max: number | null): string {
  if (max === null) return `at least ${min}`;
  return min === null ? `at most ${max}` : `${min} to ${max}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}

function signed(share: number): string {
  return `${share > 0 ? '+' : '−'}${percent(Math.abs(share))}`;
}

function short(psi: number): string {
  return String(Number(psi.toPrecision(3)));
}
