// Alert messages: pure. Errors of a view are shown on one line, without credentials.

import { humanDuration } from '../core/duration.ts';
import { command, joined, type Message, safe, text, textOf, value } from '../core/message.ts';
import type { AlertCondition, AlertEnd } from '../definition/alert.ts';
import { viewOfParts } from '../definition/declared/parts.ts';
import { scrubbed } from '../observe/logger.ts';
import { checkSentence } from '../quality/sentence.ts';
import type { AlertFacts, FailingView } from '../state/alerts/conditions.ts';
import type { AlertDelivery } from '../state/alerts/overview.ts';
import { errorText } from './failures.ts';
import { counted, unitsIn } from './format.ts';
import { causesText, failedText } from './views/held.ts';
import { rebuildText } from './views/rebuild-reason.ts';

const ERROR_CHARACTERS_MAX = 300;

/** Foreign text, such as an error from the source, cut and cleaned to fit into a sentence. */
export function bounded(foreign: string): string {
  const line = scrubbed(foreign.slice(0, 4 * ERROR_CHARACTERS_MAX))
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  const characters = [...line];
  return characters.length > ERROR_CHARACTERS_MAX ? `${characters.slice(0, ERROR_CHARACTERS_MAX).join('')}…` : line;
}

/** What is wrong with a view. */
export function conditionSentence(
  condition: AlertCondition,
  { name, facts }: Pick<FailingView, 'name' | 'facts'>,
): Message {
  return text`${CONDITION_TEXTS[condition](name, facts)}.`;
}

const CONDITION_TEXTS: Readonly<Record<AlertCondition, (name: string, facts: AlertFacts) => Message>> = {
  run_failed: (name, facts) => text`The ${lastFailure(facts, ` of ${name}`)}`,
  freshness_missed: (name, facts) => {
    const { lagMs = 0, freshnessMs = 0, why } = facts;
    const late = `${name} is ${humanDuration(lagMs)} behind (freshness target: ${humanDuration(freshnessMs)})`;
    return why == null ? safe(late) : text`${safe(late)}: ${WHY_LATE[why](facts, name)}`;
  },
  intervals_held: (name, facts) => {
    const { run, error, held } = facts;
    const see = command(`millrace intervals ${name}`);
    const causes = severalCauses(held);
    if (causes !== null) return text`${safe(`${name}: ${causes}`)}; to see them: "${see}"`;
    const units = held == null ? 1 : unitsIn(held, held.unitMs);
    const are = `${counted(units, 'unit')} ${units === 1 ? 'is' : 'are'}`;
    const why = failedText(held?.causes[0], run ?? 0, alertError(error));
    return text`${safe(`${name}: ${are}`)} held because ${why}; to see ${safe(units === 1 ? 'it' : 'them')}: "${see}"`;
  },
  refused_share: (name, { run, runs = 1, read = 0, refused = 0 }) =>
    safe(
      `${runs === 1 ? `Run ${run}` : `The last ${runs} runs`} of ${name} refused ${refused.toLocaleString('en-US')} of ${read.toLocaleString('en-US')} rows (${shareText(refused / read)})`,
    ),
  check_failed: (name, { run, error }) => text`${safe(`Run ${run} of ${name}`)} failed with ${alertError(error)}`,
  check_warned: (name, { run, checks = [] }) =>
    text`${safe(`Run ${run} of ${name}`)} has ${safe(checks.length === 1 ? 'a check warning' : 'check warnings')}: ${joined(checks.map(checkSentence), '; ')}`,
  slow_run: (name, { run, tookMs = 0 }) =>
    text`${safe(`Run ${run} of ${name}`)} has taken ${safe(humanDuration(tookMs))}; to see its stages: "${command(`millrace runs show ${run}`)}"`,
  circuit_open: (name, facts) =>
    text`${safe(name)} is paused because its ${lastFailure(facts)}; fix the cause, then run "${command(`millrace resume ${name}`)}"`,
  online_rebuilt: (name, { reason = 'other', pending }) =>
    safe(`${name} ${pending === true ? 'will be' : 'was'} rebuilt in the online store: ${rebuildText(reason)}`),
};

const WHY_LATE: Readonly<Record<NonNullable<AlertFacts['why']>, (facts: AlertFacts, name: string) => Message>> = {
  paused: () => text`it is paused`,
  edited: (_facts, name) =>
    text`its query was edited; run "${command(`millrace apply ${viewOfParts(name) ?? name}`)}" to choose what happens to its stored rows`,
  held: ({ run, error, held }) =>
    severalCauses(held) !== null
      ? safe(`${severalCauses(held)}`)
      : run == null
        ? text`some of its intervals are held after failed runs`
        : text`some of its intervals are held because ${failedText(held?.causes[0], run, alertError(error))}`,
  failed: (facts) => text`its ${lastFailure(facts)}`,
  untaken: ({ run }) => safe(`no worker has picked up its run ${run}`),
};

/** `3 units are held: FILE_BROKEN 1, SOURCE_SHAPE 2`; null for one cause, which the error of the run explains. */
function severalCauses(held: AlertFacts['held']): string | null {
  if (held == null || held.causes.length < 2) return null;
  return `${counted(unitsIn(held, held.unitMs), 'unit')} are held: ${causesText(held.causes, held.unitMs)}`;
}

/** `last 3 runs failed, most recently run 7 with SOURCE_QUERY: Division by zero`; `last run (run 7) failed with …`. */
function lastFailure({ run, error, failures = 1, held }: AlertFacts, ofView = ''): Message {
  const runs = failures === 1 ? `last run${ofView}` : `last ${failures} runs${ofView}`;
  if (run == null) return safe(`${runs} failed`);
  const which = failures === 1 ? `${runs} (run ${run}) failed` : `${runs} failed, most recently run ${run}`;
  const causes = severalCauses(held);
  return text`${safe(which)} with ${alertError(error)}${safe(causes === null ? '' : `; ${causes}`)}`;
}

function alertError(error: AlertFacts['error']): Message {
  return error == null ? safe('an error') : value(bounded(textOf(errorText(error))));
}

function shareText(share: number): string {
  return share > 0 && share < 0.001 ? 'less than 0.1%' : `${(share * 100).toFixed(1)}%`;
}

/** `3 views are late: a, b, c.`; for one view, what is wrong with it. */
export function firingSummary(condition: AlertCondition, views: readonly Named[], total: number): string {
  const [only] = views;
  return total === 1 && only !== undefined ? only.what : `${total} views ${SEVERAL[condition]}: ${list(views, total)}.`;
}

/** `3 views (a, b, c): fresh again.`: why the alerts ended. */
export function resolvedSummary(
  { condition, ended }: { readonly condition: AlertCondition; readonly ended: AlertEnd },
  views: readonly Named[],
  total: number,
): string {
  const named = total === 1 ? `${views[0]?.name}` : `${total} views (${list(views, total)})`;
  return `${named}: ${ended === 'over' ? OVER[condition] : UNKNOWN[ended]}.`;
}

type Named = { readonly name: string; readonly what: string };

const SEVERAL: Readonly<Record<AlertCondition, string>> = {
  run_failed: 'have failed runs',
  freshness_missed: 'missed their freshness targets',
  intervals_held: 'have held intervals',
  refused_share: 'refused too many rows',
  check_failed: 'have runs that failed a check',
  check_warned: 'have runs with check warnings',
  slow_run: 'have slow runs',
  circuit_open: 'are paused because their runs failed',
  online_rebuilt: 'are affected by a rebuild of the online store',
};

const OVER: Readonly<Record<AlertCondition, string>> = {
  run_failed: 'a scheduled run succeeded, or an operator resumed the view',
  freshness_missed: 'fresh again',
  intervals_held: 'held intervals were stored or are being read again',
  refused_share: 'the newest run is within the limit for refused rows',
  check_failed: 'the newest run passed its checks',
  check_warned: 'the newest run passed its checks',
  slow_run: 'the newest run is within the limit',
  circuit_open: 'no longer paused because of failed runs',
  online_rebuilt: 'rebuilt in the online store, with no further rebuild since',
};

const UNKNOWN: Readonly<Record<Exclude<AlertEnd, 'over'>, string>> = {
  view_left: 'ended because the view was retired or the rule no longer covers it; the problem may still exist',
  rule_gone: 'ended because the rule was changed or removed; the problem may still exist',
};

function list(views: readonly Pick<Named, 'name'>[], total: number): string {
  const names = views.map(({ name }) => name).join(', ');
  return total > views.length ? `${names} and ${(total - views.length).toLocaleString('en-US')} more` : names;
}

/** The text of a delivered message; only its subject if it named a view that is redacted now. */
export function deliveredSummary({
  summary,
  condition,
  names,
  total,
}: Pick<AlertDelivery, 'summary' | 'condition' | 'names' | 'total'>): string {
  if (summary !== null) return summary;
  const views = names.map((name) => ({ name }));
  return `${condition ?? 'a rule'} on ${list(views, total)}.`;
}
