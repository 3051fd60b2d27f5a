// Alerts in words: pure. What comes from a view's errors is on one line and without credentials.

import { humanDuration } from '../core/duration.ts';
import { textOf } from '../core/message.ts';
import type { AlertCondition, AlertEnd } from '../definition/alert.ts';
import { scrubbed } from '../observe/logger.ts';
import type { AlertFacts, FailingView } from '../state/alerts/conditions.ts';
import type { AlertDelivery } from '../state/alerts/overview.ts';
import { errorText } from './failures.ts';
import { rebuildText } from './views/rebuild-reason.ts';

const ERROR_CHARACTERS_MAX = 300;

/** A text of somebody else as a part of a sentence. */
export function bounded(text: string): string {
  const line = scrubbed(text.slice(0, 4 * ERROR_CHARACTERS_MAX))
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  const characters = [...line];
  return characters.length > ERROR_CHARACTERS_MAX ? `${characters.slice(0, ERROR_CHARACTERS_MAX).join('')}…` : line;
}

/** What is wrong with a view. */
export function conditionSentence(
  condition: AlertCondition,
  { name, facts }: Pick<FailingView, 'name' | 'facts'>,
): string {
  return `${TROUBLES[condition](name, facts)}.`;
}

const TROUBLES: Readonly<Record<AlertCondition, (name: string, facts: AlertFacts) => string>> = {
  run_failed: (name, facts) => {
    const { failures = 1 } = facts;
    return `${failures === 1 ? 'The last run' : `The last ${failures} runs`} of ${name} failed${lastFailure(facts)}`;
  },
  freshness_missed: (name, facts) => {
    const { lagMs = 0, freshnessMs = 0, why } = facts;
    const late = `${name} is ${humanDuration(lagMs)} behind the clock, and may be ${humanDuration(freshnessMs)}`;
    return `${late}${why == null ? '' : `: ${WHY_LATE[why](facts)}`}`;
  },
  refused_share: (name, { run, runs = 1, read = 0, refused = 0 }) =>
    `${runs === 1 ? `Run ${run}` : `The last ${runs} runs`} of ${name} refused ${refused.toLocaleString('en-US')} of ${read.toLocaleString('en-US')} rows (${shareText(refused / read)})`,
  circuit_open: (name, facts) =>
    `${name} is paused because its runs failed${lastFailure(facts)}; "millrace resume ${name}" lets it go on`,
  online_rebuilt: (name, { reason = 'other', pending }) =>
    `${name} ${pending === true ? 'is to be' : 'was'} written again online: ${rebuildText(reason)}`,
};

const WHY_LATE: Readonly<Record<NonNullable<AlertFacts['why']>, (facts: AlertFacts) => string>> = {
  paused: () => 'it is paused',
  edited: () => 'its query was edited, and "millrace apply" has not been told what that means',
  held: (facts) => `spans of it are held after failed runs${lastFailure(facts)}`,
  failed: (facts) => `its last run failed${lastFailure(facts)}`,
  untaken: ({ run }) => `no worker has taken its run ${run}`,
};

function lastFailure({ run, error }: AlertFacts): string {
  if (run == null) return '';
  return `, run ${run} with ${error == null ? 'an error' : bounded(textOf(errorText(error)))}`;
}

function shareText(share: number): string {
  return share > 0 && share < 0.001 ? 'less than 0.1 %' : `${(share * 100).toFixed(1)} %`;
}

/** `3 views are late: a, b, c.`; of one view, what is wrong with it. */
export function firingSummary(condition: AlertCondition, views: readonly Named[], total: number): string {
  const [only] = views;
  return total === 1 && only !== undefined ? only.what : `${total} views ${SEVERAL[condition]}: ${list(views, total)}.`;
}

/** `3 views (a, b, c): fresh again.`, where that is why they ended. */
export function resolvedSummary(
  { condition, ended }: { readonly condition: AlertCondition; readonly ended: AlertEnd },
  views: readonly Named[],
  total: number,
): string {
  const whose = total === 1 ? `${views[0]?.name}` : `${total} views (${list(views, total)})`;
  return `${whose}: ${ended === 'over' ? OVER[condition] : UNKNOWN[ended]}.`;
}

type Named = { readonly name: string; readonly what: string };

const SEVERAL: Readonly<Record<AlertCondition, string>> = {
  run_failed: 'have failed runs',
  freshness_missed: 'are further behind the clock than they may be',
  refused_share: 'refused too many rows',
  circuit_open: 'are paused because their runs failed',
  online_rebuilt: 'are written again online',
};

const OVER: Readonly<Record<AlertCondition, string>> = {
  run_failed: 'a run of its schedule succeeded, or somebody made it go on',
  freshness_missed: 'fresh again',
  refused_share: 'the newest run refused no more rows than it may',
  circuit_open: 'paused by failed runs no longer',
  online_rebuilt: 'written again online, and quiet since',
};

const UNKNOWN: Readonly<Record<Exclude<AlertEnd, 'over'>, string>> = {
  view_left: 'ended because the rule does not look there any more (retired, or changed), not because it is over',
  rule_gone: 'ended because the rule was changed or removed, not because it is over',
};

function list(views: readonly Pick<Named, 'name'>[], total: number): string {
  const names = views.map(({ name }) => name).join(', ');
  return total > views.length ? `${names} and ${(total - views.length).toLocaleString('en-US')} more` : names;
}

/** What a message said; only what it is about where it named a view that is redacted now. */
export function deliveredSummary({
  summary,
  condition,
  names,
  total,
}: Pick<AlertDelivery, 'summary' | 'condition' | 'names' | 'total'>): string {
  if (summary !== null) return summary;
  const views = names.map((name) => ({ name }));
  return `${condition ?? 'a rule'} of ${list(views, total)}.`;
}
