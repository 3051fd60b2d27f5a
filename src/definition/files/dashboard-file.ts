// The schema of `dashboard` in millrace.yaml: users, roles, and login through a proxy.

import { z } from 'zod';
import { EXAMPLE } from '../rules/url-rules.ts';
import { list, map, oneOf, record, someText } from './field.ts';

const user = map({
  role: oneOf(['viewer', 'operator']).describe(
    '`viewer` can read; `operator` can also retry, pause, resume and cancel.',
  ),
  password: someText(`${EXAMPLE}, a variable with the hash of a password`).describe(
    `An environment variable, written as \`${EXAMPLE}\`, that contains the output of \`millrace dashboard hash\`.`,
  ),
});

const header = z
  .string({ error: () => 'the name of a header' })
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, { error: () => 'the name of a header, such as X-Forwarded-User' })
  .meta({ title: 'text' });

const proxy = map({
  header: header.describe(
    'The header in which the proxy sends the user name. The proxy must remove this header from browser requests.',
  ),
  from: list(someText('an address such as 10.0.0.5, or a range such as 10.0.0.4/30'), 'list of addresses', {
    min: 1,
    max: 100,
  }).describe(
    'The addresses of the proxy. The header is ignored in requests from other addresses. Any program at one of these addresses can act as any user.',
  ),
  operators: list(someText('a name'), 'list of names', { min: 0, max: 1_000 })
    .default([])
    .describe('The users who are operators. All others are viewers.'),
});

export const dashboard = map({
  url: someText('a URL such as https://millrace.example.org')
    .optional()
    .describe(
      'The public address of the dashboard if it is behind a proxy, for example `https://millrace.example.org`. Required with `proxy`.',
    ),
  users: record(
    z.string().regex(/^[^\s:\p{Cc}]{1,64}$/u, {
      error: () => 'a name of at most 64 characters without spaces or colons',
    }),
    user,
    'map of name to user',
  )
    .default({})
    .describe('Users who log in with a password, by name.'),
  proxy: proxy.optional().describe('A proxy that authenticates users and sends their names.'),
});

export type DashboardFile = z.infer<typeof dashboard>;
