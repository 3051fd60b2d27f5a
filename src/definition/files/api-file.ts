// The schema of `api` in millrace.yaml: tokens, limits and TLS of the HTTP API.

import { z } from 'zod';
import { EXAMPLE } from '../rules/url-rules.ts';
import { list, map, oneOf, record, someText, whole } from './field.ts';

const SIZE = 'a size such as 512kb or 8mb';

const size = () =>
  z
    .string({ error: () => SIZE })
    .regex(/^[1-9]\d{0,5}(?:kb|mb)$/, { error: () => SIZE })
    .meta({ title: 'size' });

const token = map({
  hash: someText(`${EXAMPLE}, a variable with the hash of a token`).describe(
    `An environment variable, written as \`${EXAMPLE}\`, that contains the hash printed by \`millrace api token\`.`,
  ),
  role: oneOf(['read', 'push', 'operate']).describe(
    '`read` can read features and states; `push` can push rows; `operate` can do what `read` can, and also run, backfill, retry, pause, resume and restate.',
  ),
  views: list(someText('a view or tag:NAME'), 'list of views', { min: 1, max: 1_000 })
    .optional()
    .describe(
      'The views that the token can access: names, or `tag:NAME` for all views with that tag. Default: all views.',
    ),
});

const limits = map({
  body: size().default('8mb').describe('The maximum size of a request body.'),
  rows: whole(1, 1_000_000).default(100_000).describe('The maximum number of rows in one push.'),
  requests_per_second: whole(1, 1_000_000)
    .default(500)
    .describe('The maximum number of requests per second, per token and process.'),
  inbox_rows: whole(1, 1_000_000_000)
    .default(1_000_000)
    .describe(
      'The maximum number of pushed rows per view that are waiting to be stored. Further pushes are refused. At most 1,000,000 pushes can wait, even with a higher limit.',
    ),
});

export const api = map({
  tokens: record(
    z.string().regex(/^[a-z][a-z0-9_-]{0,47}$/, {
      error: () => 'a name: a lower-case letter, then at most 47 lower-case letters, digits, _ or -',
    }),
    token,
    'map of name to token',
  )
    .default({})
    .describe(
      'The tokens that programs use, by name. Without tokens, the API is read-only and listens only on this machine.',
    ),
  limits: limits.prefault({}).describe('Limits on requests.'),
  tls: map({
    cert: someText('a file').describe('A PEM file with the certificate chain, relative to millrace.yaml.'),
    key: someText('a file').describe('A PEM file with the private key, relative to millrace.yaml.'),
  })
    .optional()
    .describe(
      "The server's certificate. Without it, the API serves plain HTTP, so put a proxy with TLS in front of it.",
    ),
});

export type ApiFile = z.infer<typeof api>;
