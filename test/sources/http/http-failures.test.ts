// Responses of an HTTP source that fail a run, and what the message says.

import { describe, expect, test } from 'vitest';
import { type FeatureView, PAGES_TABLE, type PagedRequest, type ViewFiles } from '../../../src/definition/view.ts';
import type { SourceOptions } from '../../../src/sources/source.ts';
import { tableFiles } from '../worlds.ts';
import { CURSOR, messageOf, pagesOf, reading, server, times, useServer } from './http-reading.ts';
import { type Answer, json, raw, status, text } from './page-server.ts';

useServer();

const PLACE = 'Source engine: page 1 of /v1/users at ORIGIN';

describe('an HTTP source', () => {
  test.each<[string, Answer[], string]>([
    [
      '429 without an end',
      times(6, status(429, { 'retry-after': '0' })),
      `SOURCE_UNAVAILABLE: ${PLACE}: the server responded with HTTP status 429.`,
    ],
    [
      'a wait that is too long',
      [status(503, { 'retry-after': '86400' })],
      `SOURCE_UNAVAILABLE: ${PLACE}: the server responded with HTTP status 503 and asks to wait 1d, more than 5m.`,
    ],
    [
      'a refused token',
      [status(401)],
      `SOURCE_DENIED: ${PLACE}: the server responded with HTTP status 401; check \`bearer\` and \`headers\` of the source in millrace.yaml.`,
    ],
    [
      'a wrong path',
      [status(404)],
      `SOURCE_QUERY: ${PLACE}: the server responded with HTTP status 404; check \`path\` in the view and the URL of the source.`,
    ],
    [
      'a wrong parameter',
      [status(422)],
      `SOURCE_QUERY: ${PLACE}: the server responded with HTTP status 422; check \`path\`, \`parameters\` and \`pages\` in the view.`,
    ],
    [
      'a web page',
      [text('<html>', 'text/html; charset=utf-8')],
      `SOURCE_QUERY: ${PLACE}: the response is a web page, probably from a proxy or a login page; check the URL.`,
    ],
    [
      'an encoding',
      [text('x', 'application/json', { 'content-encoding': 'br' })],
      `SOURCE_QUERY: ${PLACE}: the response has the encoding br; expected gzip or none.`,
    ],
    [
      'no list',
      [...times(3, json({ rows: [] }))],
      `FILE_BROKEN: ${PLACE} is broken: it has no list at $.data (\`records\` in the view); its keys are rows.`,
    ],
    [
      'a body that is always empty',
      times(3, text('', 'application/json')),
      `FILE_BROKEN: ${PLACE} is broken: it has no JSON object; expected one with a list at $.data (\`records\` in the view).`,
    ],
    [
      'a method that the server does not support',
      [status(501)],
      `SOURCE_QUERY: ${PLACE}: the server responded with HTTP status 501; check \`path\`, \`parameters\` and \`pages\` in the view.`,
    ],
    [
      'a body that is always cut off',
      times(3, text('{"data":[{"a":1}', 'application/json')),
      `FILE_BROKEN: ${PLACE} is broken: its list is not closed.`,
    ],
    [
      'another host in a redirect',
      [status(302, { location: 'http://localhost:1/steal' })],
      `SOURCE_DENIED: ${PLACE}: the next page is on http://localhost:1, but requests are sent only to ORIGIN, the host of the source.`,
    ],
    [
      'redirects without an end',
      times(6, status(302, { location: '/api/v1/users?tenant=7' })),
      `SOURCE_QUERY: ${PLACE}: it redirects more than 5 times.`,
    ],
    [
      'a cursor that is a list',
      [json({ data: [{ a: 1 }], next: [1] })],
      `SOURCE_SHAPE: ${PLACE}: $.next (\`pages.next\` in the view) is neither a string nor a number.`,
    ],
    [
      'a cursor that repeats',
      [
        json({ data: [{ a: 1 }], next: '2' }),
        json({ data: [{ a: 2 }], next: '3' }),
        json({ data: [{ a: 3 }], next: '2' }),
      ],
      'SOURCE_SHAPE: Source engine: page 4 of /v1/users at ORIGIN: it was already requested, so the pages would repeat forever; check `pages` in the view, or report this to the owner of the API.',
    ],
  ])('fails for %s', async (_, answers, message) => {
    expect(await messageOf(answers)).toBe(message);
    expect(server.answers).toEqual([]);
  });

  test('does not follow a next URL to another host, because requests carry secrets', async () => {
    const files = pagesOf({ pages: { next: '$.next', max: 10 } });
    const message = await messageOf([json({ data: [{ a: 1 }], next: 'https://example.org/2' })], files);
    expect(message).toContain('SOURCE_DENIED: ');
    expect(message).toContain('the next page is on https://example.org, but requests are sent only to ORIGIN');
  });

  test.each<[Partial<PagedRequest>, Partial<SourceOptions>, string]>([
    [{ pages: { ...CURSOR, max: 2 } }, {}, 'it has more than 2 pages (`pages.max` in the view)'],
    [{}, { fileRowsMax: 2 }, 'it has more than 2 rows (file_rows_max of the source)'],
    [{}, { fileLimitMb: 1 }, 'it has more than 1 MB (file_limit_mb of the source)'],
  ])('fails for more than the limits allow: %j %j', async (request, changes, problem) => {
    const page = (next: string) => json({ data: [{ a: 'x'.repeat(400_000) }], next });
    const message = await messageOf([page('2'), page('3'), page('4')], pagesOf(request), changes);
    expect(message).toContain(`SOURCE_SHAPE: Source engine: page 3 of /v1/users at ORIGIN: ${problem}`);
  });

  const { records: _records, ...WITHOUT_RECORDS } =
    pagesOf({ pages: { offset: 'skip', max: 10 } })?.[PAGES_TABLE] ?? tableFiles({});
  const undelimited = (body: string) => raw(`HTTP/1.1 200 OK\r\n\r\n${body}`, 'close');

  test('fails for a message of the server in place of csv, which would be a page without rows', async () => {
    const files: ViewFiles = { ...WITHOUT_RECORDS, format: 'csv' };
    const message = await messageOf([text('a\n1\n', 'text/csv'), text('too many connections', 'text/html')], {
      [PAGES_TABLE]: files,
    });
    expect(message).toContain('page 2 of /v1/users at ORIGIN: the response is a web page');
    server.answers.length = 0;
    const empty = await messageOf([text('a\n1\n', 'text/csv'), text('', 'text/html')], { [PAGES_TABLE]: files });
    expect(empty).toContain('page 2 of /v1/users at ORIGIN: the response is a web page');
  });

  test.each<[ViewFiles['format'], string, string]>([
    ['csv', 'csv', 'a\n1\n'],
    ['json', 'NDJSON', '{"a":1}\n{"a":2}\n'],
    ['json', 'NDJSON', '{"a":1} {"a":2}'],
  ])('refuses %s without a length, because the end of the connection may cut it off', async (format, name, body) => {
    const message = await messageOf([undelimited(body)], { [PAGES_TABLE]: { ...WITHOUT_RECORDS, format } });
    expect(message).toContain(`a truncated ${name} page could not be detected`);
  });

  test('reads lists without a length, and requests an empty page again', async () => {
    const answers = [undelimited('[{"a":1},{"a":2}]'), undelimited(''), undelimited('[]')];
    expect((await reading(answers, { [PAGES_TABLE]: WITHOUT_RECORDS })).rows).toEqual([['1'], ['2']]);
    expect(server.requests).toHaveLength(3);
  });

  const LINK = { next: 'link', max: 10 } as const;
  const OFFSET = { offset: 'skip', max: 10 } as const;
  const unnamed = (pages: PagedRequest['pages'], changes: Partial<ViewFiles> = {}): FeatureView['files'] => ({
    [PAGES_TABLE]: { ...WITHOUT_RECORDS, request: { path: '/v1/users', pages }, ...changes },
  });
  const linked = (body: string, type: string) => text(body, type, { link: '</api/v1/users?page=2>; rel="next"' });
  const NDJSON = 'application/x-ndjson';
  test.each<[string, FeatureView['files'], Answer[], Answer, string]>([
    [
      'csv by offset',
      unnamed(OFFSET, { format: 'csv' }),
      [text('a\n1\n', 'text/csv')],
      text('', 'text/csv'),
      'a header',
    ],
    ['a first page of csv', unnamed(LINK, { format: 'csv' }), [], text('\n', 'text/csv'), 'a header'],
    [
      'a JSON list by offset',
      unnamed(OFFSET),
      [json([{ a: 1 }])],
      text('', 'application/json; charset=utf-8'),
      'a list, as on the previous pages',
    ],
    ['a first JSON page', unnamed(OFFSET), [], text(' ', 'application/json'), 'JSON'],
    [
      'a list of another type',
      unnamed(OFFSET),
      [json([{ a: 1 }])],
      text('', 'text/plain'),
      'a list, as on the previous pages',
    ],
    [
      'NDJSON by Link',
      unnamed(LINK),
      [linked('{"a":1}\n', NDJSON)],
      text('', NDJSON),
      'rows, because the previous page refers to it as the next page',
    ],
    [
      'csv without a header by Link',
      unnamed(LINK, { format: 'csv', csv: { header: ['a'] } }),
      [linked('1\n', 'text/csv')],
      text('', 'text/csv'),
      'rows, because the previous page refers to it as the next page',
    ],
  ])('fails for an empty body in place of a page, and keeps no rows: %s', async (_, files, before, blank, expected) => {
    const message = await messageOf([...before, ...times(3, blank)], files);
    expect(message).toContain(`FILE_BROKEN: Source engine: page ${before.length + 1} of /v1/users`);
    expect(message).toContain(`it is empty; expected ${expected}.`);
    expect(server.requests).toHaveLength(before.length + 3);
  });

  test.each<[string, FeatureView['files'], string]>([
    ['NDJSON', unnamed(OFFSET), NDJSON],
    ['NDJSON that the server calls JSON', unnamed(OFFSET), 'application/json'],
    ['csv without a header', unnamed(OFFSET, { format: 'csv', csv: { header: ['a'] } }), 'text/csv'],
  ])('ends after an empty page of %s only if the server sends it three times', async (_, files, type) => {
    const page = (row: number) => text(type === 'text/csv' ? `${row}\n` : `{"a":${row}}\n`, type);
    const blank = text('', type);
    const { rows } = await reading([page(1), blank, page(2), blank, blank, blank], files);
    expect(rows).toEqual([['1'], ['2']]);
    expect(server.requests).toHaveLength(6);
  });
});
