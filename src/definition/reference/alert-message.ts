// The message that is posted to targets with `format: json`. schemas/alert.schema.json is generated from it.

import { z } from 'zod';
import { ALERT_CONDITIONS, ALERT_ENDS, ALERT_SEVERITIES } from '../alert.ts';

const instant = (what: string) => z.iso.datetime().describe(what);
const link = z.url().nullable().describe('A link to a dashboard page; null if `dashboard.url` is not set.');

const view = z.strictObject({
  name: z.string().describe('The name of the view.'),
  since: instant('When the problem was detected. It may have begun earlier.'),
  until: instant('').nullable().describe('When the end of the problem was detected; null until then.'),
  what: z.string().max(1_000).describe('The problem, as a sentence.'),
  run: z.int().nullable().describe('The run that caused it; null if no single run did.'),
  lagMs: z.int().nullable().describe('For `freshness_missed`: how far the watermark is behind the current time.'),
  refusedShare: z.number().nullable().describe('For `refused_share`: the share of refused rows, 0 to 1.'),
  link,
});

export const alertMessage = z.strictObject({
  version: z
    .literal(1)
    .describe(
      'Incremented when the meaning of a key changes or a key is removed. New keys may be added without a new version.',
    ),
  id: z.uuid().describe('The id of the message, the same for all targets.'),
  status: z
    .enum(['firing', 'resolved', 'test'])
    .describe(
      '`firing`: a problem began. `resolved`: it is over, or is no longer monitored. `test`: sent by "millrace alerts test".',
    ),
  at: instant('When the problem, or its end, was detected.'),
  project: z.string().describe('The name of the project.'),
  rule: z
    .strictObject({
      id: z.string().describe('The same in all messages from a rule, until its condition changes.'),
      when: z.enum(ALERT_CONDITIONS).describe('The condition of the rule.'),
      severity: z.enum(ALERT_SEVERITIES).optional().describe('The severity of the rule, if it sets one.'),
    })
    .nullable()
    .describe('The rule; null in a test message.'),
  ended: z
    .enum(ALERT_ENDS)
    .nullable()
    .describe(
      'For `resolved`: `over` if the problem is over. Otherwise it may still exist, but is no longer monitored: `view_left` if the view was retired or changed, `rule_gone` if the rule was removed or changed.',
    ),
  summary: z.string().max(2_000).describe('The whole message as one sentence.'),
  total: z.int().describe('The number of views.'),
  views: z.array(view).max(20).describe('The first 20 views by name.'),
  link,
});

export type AlertMessage = z.infer<typeof alertMessage>;
export type AlertedView = AlertMessage['views'][number];

/** The number of views that a message names. */
export const NAMED_MAX = 20;
