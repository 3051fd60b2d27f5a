// The messages of a check: pure, except for their ids.

import { randomUUID } from 'node:crypto';
import { textOf } from '../core/message.ts';
import { ALERT_CONDITIONS, type AlertCondition, type AlertEnd, type AlertRule } from '../definition/alert.ts';
import { type AlertedView, type AlertMessage, NAMED_MAX } from '../definition/reference/alert-message.ts';
import { conditionSentence, firingSummary, resolvedSummary } from '../presentation/alert-text.ts';
import type { Alert } from '../state/alerts/record.ts';

/** The sender of messages. */
export type Sender = {
  readonly project: string;
  /** Without a slash at its end; null for messages without links. */
  readonly dashboardUrl: string | null;
};

export type MessageRule = Pick<AlertRule, 'id' | 'when'> & { readonly severity?: AlertRule['severity'] | undefined };

/** The result of a check at an instant, as ISO text. */
export type Found =
  | { readonly status: 'firing'; readonly at: string; readonly rule: MessageRule }
  | { readonly status: 'resolved'; readonly at: string; readonly rule: MessageRule; readonly ended: AlertEnd };

/** A message about alerts that started or ended. `alerts` are ordered by view, and not empty. */
export function messageOf(sender: Sender, found: Found, alerts: readonly Alert[]): AlertMessage {
  const { status, at, rule } = found;
  const views = alerts.slice(0, NAMED_MAX).map((alert) => alertedView(sender, alert, whatOf(found, alert)));
  return {
    version: 1,
    id: randomUUID(),
    status,
    at,
    project: sender.project,
    rule: { id: rule.id, when: rule.when, ...(rule.severity === undefined ? {} : { severity: rule.severity }) },
    ended: found.status === 'resolved' ? found.ended : null,
    summary: summaryOf(found, views, alerts.length),
    total: alerts.length,
    views,
    link: linkTo(sender, alerts.length === 1 ? (views[0]?.name ?? null) : null),
  };
}

/** The message, written again from the facts of its alerts as they may be shown now. */
export function rewritten(message: AlertMessage, alerts: readonly Alert[]): AlertMessage {
  const { status, at, rule, ended, total } = message;
  if (rule === null) return message;
  const found: Found =
    status === 'resolved' ? { status, at, rule, ended: ended ?? 'over' } : { status: 'firing', at, rule };
  const views = message.views.map((view) => {
    const alert = alerts.find((one) => one.view === view.name);
    return { ...view, what: alert === undefined ? `${rule.when} on ${view.name}.` : whatOf(found, alert) };
  });
  return { ...message, views, summary: summaryOf(found, views, total) };
}

/** A message that tests the delivery. */
export function testMessage(sender: Sender, at: string): AlertMessage {
  return {
    version: 1,
    id: randomUUID(),
    status: 'test',
    at,
    project: sender.project,
    rule: null,
    ended: null,
    summary: `This is a test alert from ${sender.project}. No action is needed.`,
    total: 0,
    views: [],
    link: linkTo(sender, null),
  };
}

function summaryOf(found: Found, views: readonly AlertedView[], total: number): string {
  const { when } = found.rule;
  if (found.status === 'firing') return firingSummary(when, views, total);
  return resolvedSummary({ condition: when, ended: found.ended }, views, total);
}

function whatOf(found: Found, { view, facts }: Alert): string {
  const what = textOf(conditionSentence(found.rule.when, { name: view, facts }));
  return found.status === 'resolved' && found.ended === 'rule_gone'
    ? `${what} No rule checks for this any more.`
    : what;
}

function alertedView(sender: Sender, { view, since, until, facts }: Alert, what: string): AlertedView {
  const { run = null, lagMs = null, read = 0, refused = null } = facts;
  const refusedShare = refused === null || read === 0 ? null : refused / read;
  return { name: view, since, until, what, run, lagMs, refusedShare, link: linkTo(sender, view) };
}

function linkTo({ dashboardUrl }: Sender, view: string | null): string | null {
  if (dashboardUrl === null) return null;
  return view === null ? `${dashboardUrl}/` : `${dashboardUrl}/views/${view}`;
}

/** Parses a condition that an earlier release may have recorded; null if it no longer exists. */
export function conditionOf(word: string): AlertCondition | null {
  return ALERT_CONDITIONS.find((one) => one === word) ?? null;
}
