// The schema of `alerts` in millrace.yaml.

import { z } from 'zod';
import { ALERT_CONDITIONS, ALERT_SEVERITIES, type AlertCondition } from '../alert.ts';
import { EXAMPLE } from '../rules/url-rules.ts';
import { duration, list, map, NAME_PATTERN, name, oneOf, record, share, someText, whole } from './field.ts';

const ADDRESS = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[\p{L}\p{N}.-]{1,190}$/u;

function mailAddress() {
  return z
    .string({ error: () => 'an e-mail address such as data@example.org' })
    .regex(ADDRESS, { error: () => 'an e-mail address such as data@example.org, without a name' });
}

const target = map({
  url: someText(`a variable such as ${EXAMPLE} with the address of a webhook`)
    .meta({ title: 'url' })
    .optional()
    .describe(
      `The address to post messages to. It is a secret, so it must be an environment variable: \`"${EXAMPLE}"\`. A target has either \`url\` or \`email\`.`,
    ),
  secret: someText(`a variable such as ${EXAMPLE} with a secret`)
    .optional()
    .describe(`The key that signs messages (HMAC-SHA256), as an environment variable: \`"${EXAMPLE}"\`.`),
  format: oneOf(['json', 'slack'])
    .optional()
    .describe(
      '`json`: see schemas/alert.schema.json. `slack`: the format of a Slack incoming webhook. Default: `json`.',
    ),
  email: list(mailAddress(), 'list of e-mail addresses', { min: 1, max: 50 })
    .optional()
    .describe('The e-mail addresses to send messages to.'),
  from: mailAddress().optional().describe('The sender of e-mails. **Required** with `email`.'),
  smtp: someText(`a variable such as ${EXAMPLE} with the URL of a mail server`)
    .meta({ title: 'url' })
    .optional()
    .describe(
      `The mail server, as an environment variable: \`"${EXAMPLE}"\` with \`smtps://user:password@host\` or \`smtp://user:password@host:587\`. **Required** with \`email\`.`,
    ),
});

const MEANINGS: Readonly<Record<AlertCondition, string>> = {
  run_failed: 'the most recent scheduled runs failed',
  freshness_missed: "the watermark is further behind than the view's `freshness` allows",
  intervals_held: 'intervals are held after failed runs',
  refused_share: 'the most recent runs refused too many rows',
  check_failed: 'the newest run failed because of a check',
  check_warned: 'the newest run failed a check with `on_failure: warn`',
  slow_run: 'a run takes too long',
  circuit_open: 'failed runs have paused the view',
  online_rebuilt: 'the contents of the online store could not be trusted and are being rewritten',
};

const rule = map({
  when: oneOf(ALERT_CONDITIONS).describe(
    `${ALERT_CONDITIONS.map((condition) => `\`${condition}\`: ${MEANINGS[condition]}`).join(' · ')}.`,
  ),
  times: whole(1, 100)
    .optional()
    .describe(
      'For `run_failed`: how many consecutive runs must fail. Fewer are enough if they pause the view (`failures_max`). Default: 1.',
    ),
  above: share()
    .optional()
    .describe('For `refused_share`, where it is **required**: the share of rows that may be refused.'),
  rows_min: whole(1, 1_000_000_000)
    .optional()
    .describe('For `refused_share`: the minimum total number of rows that the newest runs must have read. Default: 1.'),
  longer_than: duration()
    .optional()
    .describe('For `slow_run`: how long a run may take, not counting waits. **Required** for `slow_run`.'),
  severity: oneOf(ALERT_SEVERITIES)
    .optional()
    .describe(
      'How urgent the alert is. The message contains it, so that receivers can route by severity. Default: none.',
    ),
  views: list(someText('the name of a view, or tag:NAME'), 'list of names', { min: 1, max: 1_000 })
    .optional()
    .describe(
      'The views that the rule applies to: names, or `tag:NAME` for all views with that tag. Default: all views.',
    ),
  to: list(name(), 'list of names', { min: 1, max: 20 }).describe('Where to send the alert: names under `alerts.to`.'),
  cooldown: duration()
    .default('1h')
    .describe(
      'The minimum time between two alerts from this rule about the same view. A later alert waits until this time has passed, and is sent if its condition still holds.',
    ),
});

export const alertsFile = map({
  to: record(
    z.string().regex(NAME_PATTERN, {
      error: () => 'a name: a lower-case letter, then at most 47 lower-case letters, digits or _',
    }),
    target,
    'map of name to target',
  ).describe('Alert targets, by name.'),
  rules: list(rule, 'list of rules', { min: 1, max: 100 }).describe(
    'The conditions to alert on, and where to send the alerts.',
  ),
});

export type AlertsFile = z.infer<typeof alertsFile>;
