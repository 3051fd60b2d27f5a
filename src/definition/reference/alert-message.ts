// What is posted to a target whose format is json: schemas/alert.schema.json is made from this.

import { z } from 'zod';
import { ALERT_CONDITIONS, ALERT_ENDS } from '../alert.ts';

const instant = (what: string) => z.iso.datetime().describe(what);
const link = z.url().nullable().describe('A page of the dashboard; null where `dashboard.url` is not set.');

const view = z.strictObject({
  name: z.string().describe('The name of the view.'),
  since: instant('Since when it is so; it may have begun before anybody looked.'),
  until: instant('').nullable().describe('When it was found to be over; null while it is not.'),
  what: z.string().max(1_000).describe('What it is, as a sentence.'),
  run: z.int().nullable().describe('The run that it is about, where it is about one.'),
  lagMs: z.int().nullable().describe('Of freshness_missed: how far the watermark lies behind.'),
  refusedShare: z.number().nullable().describe('Of refused_share: the share of refused rows, 0 to 1.'),
  link,
});

export const alertMessage = z.strictObject({
  version: z.literal(1).describe('Raised when a key changes its meaning or goes; new keys may come without that.'),
  id: z.uuid().describe('Of the message, whichever targets get it.'),
  status: z
    .enum(['firing', 'resolved', 'test'])
    .describe('Whether something began or is over; `test` is of "millrace alerts test".'),
  at: instant('When it was found.'),
  project: z.string().describe('The name of the project.'),
  rule: z
    .strictObject({
      id: z.string().describe('The same in all messages of a rule, until what it looks for is changed.'),
      when: z.enum(ALERT_CONDITIONS).describe('What it looks for.'),
    })
    .nullable()
    .describe('The rule; null in a test.'),
  ended: z
    .enum(ALERT_ENDS)
    .nullable()
    .describe(
      'Of `resolved`, why: what was wrong is `over`, or nobody looks any more, whether it is or not: `view_left` where the view was retired or changed, `rule_gone` where the rule was.',
    ),
  summary: z.string().max(2_000).describe('All of it as one sentence.'),
  total: z.int().describe('How many views it is about.'),
  views: z.array(view).max(20).describe('The first of them by name, at most 20.'),
  link,
});

export type AlertMessage = z.infer<typeof alertMessage>;
export type AlertedView = AlertMessage['views'][number];

/** How many views a message names. */
export const NAMED_MAX = 20;
