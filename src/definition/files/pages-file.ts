// The keys of a view over an HTTP API that returns rows in pages.

import { z } from 'zod';
import { map, record, someText, text, whole } from './field.ts';

const PARAMETER = () => someText('the name of a query parameter');

/** `link`, or a path as in jsonPath. */
function next() {
  const error = () => 'a path such as $.next_cursor, or link';
  return z
    .string({ error })
    .regex(/^(?:link|\$(?:\.[^\s.$"'[\]]+)+)$/, { error })
    .meta({ title: 'path' });
}

const pages = map({
  next: next()
    .optional()
    .describe(
      'Where the next page is: the path of a cursor or of a URL in the response, or `link` for the Link header. On the last page, it is missing or null.',
    ),
  parameter: PARAMETER().optional().describe('The query parameter for the cursor. Without it, `next` is a URL.'),
  offset: PARAMETER()
    .optional()
    .describe('Instead of `next`: the query parameter for the number of rows to skip. The last page has no rows.'),
  max: whole(1, 1_000_000).default(10_000).describe('The maximum number of pages. If there are more, the run fails.'),
});

export const pagesKeys = {
  path: someText('a path such as /v1/users')
    .optional()
    .describe(
      'For an HTTP API: the path of the rows, relative to the URL of the source. It can contain {{start}} and {{end}}. See docs/reference/sources/http.md.',
    ),
  parameters: record(PARAMETER(), text(), 'map of parameter to text')
    .optional()
    .describe('For an HTTP API: query parameters. The values can contain {{start}} and {{end}}, in ISO 8601 format.'),
  pages: pages.optional().describe('For an HTTP API: how to find the next page.'),
};
