// `dashboard:` of millrace.yaml as written: who may look, who may act, and how it is known who they are.

import { z } from 'zod';
import { EXAMPLE } from '../rules/url-rules.ts';
import { list, map, oneOf, record, someText } from './field.ts';

const user = map({
  role: oneOf(['viewer', 'operator']).describe('`viewer` reads; `operator` also retries, pauses, resumes and cancels.'),
  password: someText(`${EXAMPLE}, a variable with the hash of a password`).describe(
    `${EXAMPLE}: a variable of the environment with the hash that \`millrace dashboard hash\` prints.`,
  ),
});

const header = z
  .string({ error: () => 'the name of a header' })
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, { error: () => 'the name of a header, such as X-Forwarded-User' })
  .meta({ title: 'text' });

const proxy = map({
  header: header.describe('The header in which the proxy names who is logged in. It must drop what a browser sends.'),
  from: list(someText('an address such as 10.0.0.5, or a range such as 10.0.0.4/30'), 'list of addresses', {
    min: 1,
    max: 100,
  }).describe(
    'The addresses of the proxy: from any other the header means nothing. Whatever else runs at one of them can say that it is anybody.',
  ),
  operators: list(someText('a name'), 'list of names', { min: 0, max: 1_000 })
    .default([])
    .describe('Who of those that it names are operators; all others are viewers.'),
});

export const dashboard = map({
  url: someText('a URL such as https://millrace.example.org')
    .optional()
    .describe(
      'Where people open it, when a proxy stands in front of it: `https://millrace.example.org`. `proxy` needs it.',
    ),
  users: record(
    z.string().regex(/^[^\s:\p{Cc}]{1,64}$/u, {
      error: () => 'a name of at most 64 characters without spaces and colons',
    }),
    user,
    'map of name to user',
  )
    .default({})
    .describe('Who may log in with a password.'),
  proxy: proxy.optional().describe('A proxy that logs people in, and says who they are.'),
});

export type DashboardFile = z.infer<typeof dashboard>;
