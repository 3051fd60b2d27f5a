// What an HTTP source requests and reads.

import { describe, expect, test } from 'vitest';
import { PAGES_TABLE } from '../../../src/definition/view.ts';
import { openSource } from '../../../src/sources/index.ts';
import { slowTest } from '../../support/sample.ts';
import { until } from '../../support/until.ts';
import { calm } from '../lake/lake-files.ts';
import { allRows, type EventRow, failureOf, type SourceWorld, testSourceContract } from '../source-contract.ts';
import { sourceOptions, tableFiles } from '../worlds.ts';
import { asking, CURSOR, messageOf, open, pagesOf, reading, server, times, useServer } from './http-reading.ts';
import { type Answer, cursorPages, gzipped, json, raw, startPageServer, status, text } from './page-server.ts';

useServer();

async function contractWorld(rows: readonly EventRow[], batchRows: number): Promise<SourceWorld> {
  const records = rows.map(
    ({ entity_id, happened_at, amount, lines }) =>
      `{"entity_id": ${JSON.stringify(entity_id)}, "happened_at": ${JSON.stringify(happened_at)}, "amount": ${amount}, "lines": ${lines}}`,
  );
  const server = await startPageServer(cursorPages(records, 1_000));
  const source = openSource(sourceOptions({ url: server.origin, batchRows }));
  const types = { happened_at: 'timestamp', amount: 'float', lines: 'int' } as const;
  return {
    source,
    table: 'pages',
    view: { files: pagesOf({}, { types }) },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

testSourceContract({
  kind: 'http',
  open: contractWorld,
  hostileTexts: ['select 1; select 2', "select * from read_text('/etc/passwd')", 'drop view pages', ''],
  isUnharmed: async () => true,
});

describe('an HTTP source', () => {
  test('follows a cursor, and keeps every digit of cursors and values', async () => {
    const pages = [
      text('{"data":[{"a":12345678901234567.891}],"next":9007199254740993}', 'application/json'),
      text('{"next":"x&y","data":[{"a":2},\n{"a":3}]}', 'application/json'),
      json({ data: [], next: null }),
    ];
    const { rows, notes } = await reading(pages, pagesOf({}, { types: { a: 'decimal' } }));
    expect([rows, notes]).toEqual([[['12345678901234567.891'], ['2'], ['3']], []]);
    expect(server.requests).toEqual([
      '/api/v1/users?tenant=7',
      '/api/v1/users?tenant=7&cursor=9007199254740993',
      '/api/v1/users?tenant=7&cursor=x%26y',
    ]);
  });

  test('follows URLs in the response, and redirects, on the same host', async () => {
    const pages = { next: '$.links.next', max: 10 };
    const answers = [
      status(307, { location: '/api/v2/users?tenant=7' }),
      json({ data: [{ a: 1 }], links: { next: `${server.origin}/api/v2/users?page=2` } }),
      json({ data: [{ a: 2 }], links: { next: '?page=3' } }),
      json({ data: [{ a: 3 }], links: {} }),
    ];
    expect((await reading(answers, pagesOf({ pages }))).rows).toEqual([['1'], ['2'], ['3']]);
    expect(server.requests.slice(1)).toEqual([
      '/api/v2/users?tenant=7',
      '/api/v2/users?page=2',
      '/api/v2/users?page=3',
    ]);
  });

  test('follows Link headers over NDJSON', async () => {
    const pages = { next: 'link', max: 10 };
    const { records: _, ...lines } = pagesOf({ pages })?.[PAGES_TABLE] ?? tableFiles({});
    const link =
      '<https://example.org/other>; rel="prev", <https://example.org/>; title="\\"; rel=next", </api/v1/users?page=2>; title="a, b"; crossorigin; rel="last next"';
    const answers = [
      text('{"a":1}\n{"a":2}\n', 'application/x-ndjson', { link }),
      text('{"a":3}', 'application/x-ndjson', { link: '</api/v1/users>; rel=first' }),
    ];
    expect((await reading(answers, { [PAGES_TABLE]: lines })).rows).toEqual([['1'], ['2'], ['3']]);
  });

  test('counts an offset in rows until a page is empty, over csv', async () => {
    const files = pagesOf(
      { pages: { offset: 'skip', max: 10 }, parameters: { limit: '5' } },
      { format: 'csv', csv: { delimiter: ';' }, types: { b: 'int' } },
    );
    const answers = ['a;b\n"x\ny";1\nz;2\n', 'b;a\n3;w\n', 'a;b\n'].map((body) => text(body, 'text/csv'));
    expect((await reading(answers, files)).rows).toEqual([
      ['x\ny', '1'],
      ['z', '2'],
      ['w', '3'],
    ]);
    expect(server.requests).toEqual([
      '/api/v1/users?tenant=7&limit=5',
      '/api/v1/users?tenant=7&limit=5&skip=2',
      '/api/v1/users?tenant=7&limit=5&skip=3',
    ]);
  });

  test('fills in the bounds of the interval, and sends its headers', async () => {
    const request = { path: '/v1/{{start}}/users?to={{end}}', parameters: { from: '{{start}}' } };
    const headers = { authorization: 'Bearer canary', 'x-api-key': 'canary-key' };
    await reading([json({ data: [{ a: 1 }], next: null })], pagesOf(request), { headers });
    expect(server.requests).toEqual([
      '/api/v1/2026-01-31T00%3A00%3A00Z/users?tenant=7&to=2026-02-01T00%3A00%3A00Z&from=2026-01-31T00%3A00%3A00Z',
    ]);
    expect(server.headers[0]).toMatchObject(headers);
  });

  test('reads gzip, and columns of any page', async () => {
    const answers = [gzipped('{"data":[{"a":1}],"next":"2"}'), gzipped('{"data":[{"a":2,"b":"x"}],"next":""}')];
    expect((await reading(answers)).rows).toEqual([
      ['1', null],
      ['2', 'x'],
    ]);
  });

  test('notes if the first page does not name a next one, which a typo in `pages.next` looks like', async () => {
    const files = pagesOf({ pages: { ...CURSOR, next: '$.nxet' } });
    expect(await reading([json({ data: [{ a: 1 }], next: '2' })], files)).toEqual({
      rows: [['1']],
      notes: ['the first page has no $.nxet, so only this page was read'],
    });
  });

  test('describes the columns after one page', async () => {
    server.answers.push(json({ data: [{ a: 1 }], next: '2' }));
    await using source = open();
    const columns = await source.describe(asking(pagesOf({})), calm);
    expect([columns.map(({ name }) => name), server.requests.length]).toEqual([['a'], 1]);
  });

  const LAST = json({ data: [{ a: 2 }], next: null });
  const LONG = `{"data":[${Array.from({ length: 50_000 }, () => '{"a":1}').join(',')}],"next":"2"}`;
  test.each<[string, Answer]>([
    ['429 with Retry-After', status(429, { 'retry-after': '0' })],
    ['503 with a date', status(503, { 'retry-after': 'Sat, 01 Jan 2000 00:00:00 GMT' })],
    ['500', status(500)],
    ['529, which some APIs use when they are overloaded', status(529)],
    ['403 with Retry-After', status(403, { 'retry-after': '0' })],
    ['an empty body', text('', 'application/json')],
    ['whitespace', text(' \n', 'application/json')],
    ['a body that ends with the connection, and is empty', raw('HTTP/1.1 200 OK\r\n\r\n', 'close')],
    [
      'bytes after a long page',
      raw(`HTTP/1.1 200 OK\r\ncontent-length: ${LONG.length}\r\n\r\n${LONG}${'no HTTP'.repeat(5_000)}`, 'close'),
    ],
    ['a reset connection', (request) => request.socket.destroy()],
    [
      'a body that is cut off',
      raw(`HTTP/1.1 200 OK\r\ncontent-length: ${LONG.length}\r\n\r\n${LONG.slice(0, 300_000)}`, 'close'),
    ],
    [
      'a chunked body that is cut off',
      raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{"data":[{"a":1}', 'close'),
    ],
    [
      'a body that ends with the connection, and is cut off',
      raw(`HTTP/1.1 200 OK\r\n\r\n${LONG.slice(0, 300_000)}`, 'close'),
    ],
    [
      'a Content-Length that is too small',
      raw('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"data":[{"a":1}],"next":"2"}', 'close'),
    ],
    [
      'a Content-Length that ends at a valid document',
      raw('HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n{"data":[{"a":9}],"next":null}{"data":[]}', 'close'),
    ],
    ['gzip that is cut off', gzipped(LONG, 100)],
    ['no HTTP', raw('SSH-2.0-OpenSSH\r\n', 'close')],
  ])('requests a page again after %s, and reads none of its rows twice', async (_, fault) => {
    expect((await reading([json({ data: [{ a: 1 }], next: '2' }), fault, LAST])).rows).toEqual([['1'], ['2']]);
    expect(server.requests).toHaveLength(3);
  });

  test('stops waiting for a server that stalls before or in a response, and requests the page again', async () => {
    const stalls = [raw('', 'stall'), raw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data":[', 'stall')];
    const { rows } = await reading([...stalls, LAST], pagesOf({}), { idleTimeoutMs: 300 });
    expect([rows, server.requests.length]).toEqual([[['2']], 3]);
  });

  test('reads a page after a byte order mark, also in chunks of one byte', async () => {
    const page = (next: string) => `\ufeff{"data":[{"a":1}],"next":"${next}"}`;
    const chunks = [...Buffer.from(page('3'))].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`).join('');
    const head = 'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: Chunked\r\n\r\n';
    const inChunks = raw(Buffer.from(`${head}${chunks}0\r\n\r\n`, 'latin1'), 'close');
    expect((await reading([text(page('2'), 'application/json'), inChunks, LAST])).rows).toEqual([['1'], ['1'], ['2']]);
  });

  test('reads JSON that is sent as text/html, the default of PHP', async () => {
    const page = text(' \n{"data":[{"a":2}],"next":null}', 'text/html; charset=UTF-8');
    expect((await reading([page])).rows).toEqual([['2']]);
  });

  const TOKENS = (...tokens: string[]) => {
    let asked = 0;
    const renewed = async () => {
      asked += 1;
      const token = tokens[Math.min(asked, tokens.length) - 1];
      return { url: `${server.origin}/api?tenant=7`, headers: { authorization: `Bearer ${token}` } };
    };
    return { renewed };
  };
  const ifNew: Answer = (request, response) =>
    request.headers.authorization === 'Bearer new' ? LAST(request, response) : status(401)(request, response);

  test('reads a token in a file again when it has expired in the middle of a reading', async () => {
    const first = json({ data: [{ a: 1 }], next: '2' });
    const { rows } = await reading([first, ifNew, ifNew], pagesOf({}), TOKENS('old', 'old', 'old', 'new'));
    expect(rows).toEqual([['1'], ['2']]);
    expect(server.headers.map(({ authorization }) => authorization)).toEqual([
      'Bearer old',
      'Bearer old',
      'Bearer new',
    ]);
  });

  test('fails so that the run is retried if the token in the file has expired', async () => {
    expect(await messageOf([ifNew, ifNew], pagesOf({}), TOKENS('old'))).toBe(
      'SOURCE_CREDENTIALS: Source engine: page 1 of /v1/users at ORIGIN: the server responded with HTTP status 401; the credentials came from a file, and the next attempt will read the file again.',
    );
    expect(server.requests).toHaveLength(2);
  });

  test('closes the sockets of responses that it does not read', async () => {
    const unread = text('x', 'application/json', { 'content-encoding': 'br' });
    server.answers.push(status(503, { 'retry-after': '0' }), unread);
    await using source = open();
    expect((await failureOf(allRows(source, asking(pagesOf({})), calm))).code).toBe('SOURCE_QUERY');
    await until(async () => (await server.sockets()) === 0);
  });

  test('sends the whole query of `path`', async () => {
    const path = '/v1/users?callback=https://example.org/?a=b&limit=5';
    await reading([json({ data: [{ a: 1 }], next: null })], pagesOf({ path }));
    expect(new URL(server.requests[0] ?? '', server.origin).searchParams.get('callback')).toBe(
      'https://example.org/?a=b',
    );
  });

  test('names a password in its URL that cannot be decoded', () => {
    const url = `http://user:100%@${server.origin.slice('http://'.length)}/api`;
    expect(() => open({ url })).toThrow('the user name or password in the URL cannot be decoded; write % as %25');
  });

  test('closes the socket when its signal is aborted in the middle of a page', async () => {
    server.answers.push(raw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data":[', 'stall'));
    const controller = new AbortController();
    const reason = new Error('stopped');
    await using source = open();
    const opening = source.open?.(asking(pagesOf({})), controller.signal);
    await until(() => server.requests.length === 1);
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await until(async () => (await server.sockets()) === 0);
  });

  test('never shows its secrets', async () => {
    const headers = { authorization: 'Bearer canary' };
    const url = `http://user:canary@${server.origin.slice('http://'.length)}/canary/api?api_key=canary`;
    const failure = await failureOf(reading(times(1, status(403)), pagesOf({}), { url, headers }));
    expect(JSON.stringify([failure.message, failure.facts])).not.toContain('canary');
    expect(server.headers[0]?.authorization).toBe('Bearer canary');
    await failureOf(reading(times(1, status(403)), pagesOf({}), { url }));
    expect(server.headers[1]?.authorization).toBe(`Basic ${Buffer.from('user:canary').toString('base64')}`);
  });

  test('sends the credentials of now, which may have been renewed', async () => {
    const renewed = async () => ({ url: server.origin, headers: { authorization: 'Bearer new' } });
    await reading([json({ data: [{ a: 1 }], next: null })], pagesOf({}), {
      headers: { authorization: 'Bearer old' },
      renewed,
    });
    expect(server.headers[0]?.authorization).toBe('Bearer new');
  });

  slowTest('fails with SOURCE_UNAVAILABLE if nothing listens', async () => {
    const failure = await failureOf(reading([], pagesOf({}), { url: 'http://127.0.0.1:1' }));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_UNAVAILABLE',
      'Source engine: page 1 of /v1/users at http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1.',
    ]);
  });
});
