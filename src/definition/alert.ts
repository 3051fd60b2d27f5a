// Parsed alerts: conditions and targets.

import type { UrlText } from './url-text.ts';

/** The conditions of alerts, in the order of the documentation. */
export const ALERT_CONDITIONS = [
  'run_failed',
  'freshness_missed',
  'intervals_held',
  'refused_share',
  'check_failed',
  'check_warned',
  'slow_run',
  'circuit_open',
  'online_rebuilt',
] as const;
export type AlertCondition = (typeof ALERT_CONDITIONS)[number];

/** Why an alert ended: its condition no longer holds, its rule no longer applies to the view, or the rule was removed. */
export const ALERT_ENDS = ['over', 'view_left', 'rule_gone'] as const;
export type AlertEnd = (typeof ALERT_ENDS)[number];

export type AlertRule = {
  /** Depends on the condition and the views of the rule, not on its targets or cooldown. */
  readonly id: string;
  readonly when: AlertCondition;
  /** For run_failed: the number of consecutive runs. */
  readonly times: number;
  /** For refused_share: a share, 0 to 1. */
  readonly above: number;
  /** For refused_share: fewer rows read by the newest runs say nothing. Absent for the default. */
  readonly rowsMin?: number;
  /** For slow_run. */
  readonly longerMs?: number;
  /** How urgent it is, for receivers. Absent if not set. */
  readonly severity?: AlertSeverity;
  /** Names of views, and `tag:NAME`; null for all views. */
  readonly views: readonly string[] | null;
  /** Names of targets. */
  readonly to: readonly string[];
  readonly cooldownMs: number;
};

/** In the order of urgency. */
export const ALERT_SEVERITIES = ['info', 'warning', 'critical'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

export type AlertFormat = 'json' | 'slack';

export type WebTargetConfig = {
  readonly url: UrlText;
  readonly secret: UrlText | null;
  readonly format: AlertFormat;
};

export type EmailTargetConfig = {
  readonly format: 'email';
  readonly to: readonly string[];
  readonly from: string;
  readonly smtp: UrlText;
};

export type AlertTargetConfig = WebTargetConfig | EmailTargetConfig;

export type AlertsConfig = {
  readonly to: Readonly<Record<string, AlertTargetConfig>>;
  readonly rules: readonly AlertRule[];
};
