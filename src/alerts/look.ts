// One check of all rules: each alert is sent once when it starts, and once when it ends to the same targets. Messages
// are queued in the transaction that records the alerts, and sent later.

import type { AlertRule } from '../definition/alert.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { failingViews } from '../state/alerts/conditions.ts';
import {
  addMessage,
  beginLook,
  type EndedAlert,
  endOtherRules,
  settleAlerts,
  takeUnsent,
} from '../state/alerts/record.ts';
import { conditionOf, type MessageRule, messageOf, type Sender } from './message.ts';

export type LookOptions = {
  readonly database: Database;
  readonly sender: Sender;
  readonly rules: readonly AlertRule[];
};

/** Checks one rule. Repeating it sends nothing twice. */
export async function lookByRule({ database, sender }: LookOptions, rule: AlertRule): Promise<void> {
  await database.transaction(async (session) => {
    const at = await beginLook(session);
    const troubles = await failingViews(session, rule);
    await addResolved(session, sender, { at, rule }, await settleAlerts(session, rule, troubles));
    const begun = await takeUnsent(session, rule, troubles);
    if (begun.length === 0) return;
    const body = messageOf(sender, { status: 'firing', at, rule }, begun);
    const alerts = begun.map(({ id }) => id);
    await addMessage(session, { rule: rule.id, status: 'firing', body, targets: rule.to, alerts });
  });
}

/** Ends the alerts of rules that were removed from the project, since no check would ever end them. */
export async function endForgottenRules({ database, sender, rules }: LookOptions): Promise<void> {
  await database.transaction(async (session) => {
    const at = await beginLook(session);
    const ids = rules.map(({ id }) => id);
    const over = await endOtherRules(session, ids);
    for (const [id, alerts] of Map.groupBy(over, ({ rule }) => rule)) {
      const when = conditionOf(alerts[0]?.kind ?? '');
      if (when !== null) await addResolved(session, sender, { at, rule: { id, when } }, alerts);
    }
  });
}

/** One message for all alerts with the same targets that ended for the same reason. */
async function addResolved(
  session: Session,
  sender: Sender,
  found: { readonly at: string; readonly rule: MessageRule },
  over: readonly EndedAlert[],
): Promise<void> {
  const alike = Map.groupBy(over, ({ targets, ended }) => [ended, ...targets].join());
  for (const alerts of alike.values()) {
    const [first] = alerts;
    if (first === undefined || first.targets.length === 0) continue;
    const { targets, ended } = first;
    const body = messageOf(sender, { status: 'resolved', ended, ...found }, alerts);
    const ids = alerts.map(({ id }) => id);
    await addMessage(session, { rule: found.rule.id, status: 'resolved', body, targets, alerts: ids });
  }
}
