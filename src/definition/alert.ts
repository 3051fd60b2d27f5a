// Alerts as everything after the parser sees them: what to look for, and whom to tell.

import type { UrlText } from './url-text.ts';

/** What an alert may be about, in the order of the documentation. */
export const ALERT_CONDITIONS = [
  'run_failed',
  'freshness_missed',
  'refused_share',
  'circuit_open',
  'online_rebuilt',
] as const;
export type AlertCondition = (typeof ALERT_CONDITIONS)[number];

/** Why an alert ended: what it told is over, its rule does not look at the view any more, or the rule is gone. */
export const ALERT_ENDS = ['over', 'view_left', 'rule_gone'] as const;
export type AlertEnd = (typeof ALERT_ENDS)[number];

export type AlertRule = {
  /** Changes with what the rule looks for and at, and not with whom it tells or how often. */
  readonly id: string;
  readonly when: AlertCondition;
  /** Of run_failed: how many runs in a row. */
  readonly times: number;
  /** Of refused_share: a share, 0 to 1. */
  readonly above: number;
  /** Names of views, and `tag:NAME`; null for all views. */
  readonly views: readonly string[] | null;
  /** Names of targets. */
  readonly to: readonly string[];
  readonly cooldownMs: number;
};

export type AlertFormat = 'json' | 'slack';

export type AlertTargetConfig = {
  readonly url: UrlText;
  readonly secret: UrlText | null;
  readonly format: AlertFormat;
};

export type AlertsConfig = {
  readonly to: Readonly<Record<string, AlertTargetConfig>>;
  readonly rules: readonly AlertRule[];
};
