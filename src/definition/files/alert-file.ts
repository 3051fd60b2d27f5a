// `alerts` of millrace.yaml as written.

import { z } from 'zod';
import { ALERT_CONDITIONS } from '../alert.ts';
import { EXAMPLE } from '../rules/url-rules.ts';
import { duration, list, map, NAME_PATTERN, name, oneOf, record, share, someText, whole } from './field.ts';

const target = map({
  url: someText(`the address of a webhook as ${EXAMPLE}`)
    .meta({ title: 'url' })
    .describe(
      `Where messages are posted to. Such an address is a secret, and comes from the environment: \`"${EXAMPLE}"\`.`,
    ),
  secret: someText(`a secret as ${EXAMPLE}`)
    .optional()
    .describe(`What messages are signed with (HMAC-SHA256), from the environment as well: \`"${EXAMPLE}"\`.`),
  format: oneOf(['json', 'slack'])
    .default('json')
    .describe('`json` as schemas/alert.schema.json says, or what an incoming webhook of Slack takes.'),
});

const rule = map({
  when: oneOf(ALERT_CONDITIONS).describe(
    '`run_failed`: the last runs of its schedule failed · `freshness_missed`: the watermark lies further behind than `freshness` of the view · `refused_share`: too many rows of the last runs were refused · `circuit_open`: failed runs have paused the view · `online_rebuilt`: what the online store held could not be trusted, and is written again.',
  ),
  times: whole(1, 100).optional().describe('Of `run_failed`: how many runs in a row; 1 where it is not said.'),
  above: share()
    .optional()
    .describe('Of `refused_share`: the share of its rows that may be refused; **required** there.'),
  views: list(someText('the name of a view, or tag:NAME'), 'list of names', { min: 1, max: 1_000 })
    .optional()
    .describe('The views to look at: names, and `tag:NAME` for all views with a tag. Without it, all views.'),
  to: list(name(), 'list of names', { min: 1, max: 20 }).describe('Whom to tell: names under `alerts.to`.'),
  cooldown: duration()
    .default('1h')
    .describe('How long after a message no other one begins about the same view. What still holds then is told.'),
});

export const alertsFile = map({
  to: record(
    z.string().regex(NAME_PATTERN, {
      error: () => 'a name: a lower-case letter, then at most 47 lower-case letters, digits or _',
    }),
    target,
    'map of name to target',
  ).describe('Who can be told, by name.'),
  rules: list(rule, 'list of rules', { min: 1, max: 100 }).describe('What is told to whom.'),
});

export type AlertsFile = z.infer<typeof alertsFile>;
