// The messages of a look: pure, but for their ids.

import { randomUUID } from 'node:crypto';
import { ALERT_CONDITIONS, type AlertCondition } from '../definition/alert.ts';
import { type AlertedView, type AlertMessage, NAMED_MAX } from '../definition/alert-message.ts';
import type { Alert } from '../state/alert-record.ts';
import { firingSummary, resolvedSummary } from './sentence.ts';

/** Where messages come from. */
export type Sender = {
  readonly project: string;
  /** Without a slash at its end; null where messages have no links. */
  readonly dashboardUrl: string | null;
};

export type MessageRule = { readonly id: string; readonly when: AlertCondition };

/** That alerts began, or are over, found at an instant as ISO text. `alerts` are by view, and not empty. */
export function messageOf(
  sender: Sender,
  { status, at, rule }: { readonly status: 'firing' | 'resolved'; readonly at: string; readonly rule: MessageRule },
  alerts: readonly Alert[],
): AlertMessage {
  const views = alerts.slice(0, NAMED_MAX).map((alert) => alertedView(sender, alert));
  const summarize = status === 'firing' ? firingSummary : resolvedSummary;
  return {
    version: 1,
    id: randomUUID(),
    status,
    at,
    project: sender.project,
    rule: { id: rule.id, when: rule.when },
    summary: summarize(rule.when, views, alerts.length),
    total: alerts.length,
    views,
    link: linkTo(sender, alerts.length === 1 ? (views[0]?.name ?? null) : null),
  };
}

/** A message that only shows that messages arrive. */
export function testMessage(sender: Sender, at: string): AlertMessage {
  return {
    version: 1,
    id: randomUUID(),
    status: 'test',
    at,
    project: sender.project,
    rule: null,
    summary: `A test of the alerts of ${sender.project}: nothing is wrong.`,
    total: 0,
    views: [],
    link: linkTo(sender, null),
  };
}

function alertedView(sender: Sender, { view, since, until, what, facts }: Alert): AlertedView {
  const { run = null, lagMs = null, read = 0, refused = null } = facts;
  const refusedShare = refused === null || read === 0 ? null : refused / read;
  return { name: view, since, until, what, run, lagMs, refusedShare, link: linkTo(sender, view) };
}

function linkTo({ dashboardUrl }: Sender, view: string | null): string | null {
  if (dashboardUrl === null) return null;
  return view === null ? `${dashboardUrl}/` : `${dashboardUrl}/views/${view}`;
}

/** The condition of a word that an earlier release may have recorded; null where there is none. */
export function conditionOf(word: string): AlertCondition | null {
  return ALERT_CONDITIONS.find((one) => one === word) ?? null;
}
