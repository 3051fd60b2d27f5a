// Files of HTTP servers that respond in unusual ways.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SourceOptions } from '../../../src/sources/source.ts';
import type { FileLocation } from '../../../src/sources/storage/file-location.ts';
import { placeOf } from '../../../src/sources/storage/place.ts';
import { type Answer, type PageServer, raw, startPageServer, status } from '../http/page-server.ts';
import { calm } from '../lake/lake-files.ts';
import { failureOf } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';
import { HURRIED } from './places.ts';

const BODY = 'entity_id,value\n'.concat('ada,1\n'.repeat(20_000));
const WRITTEN = 'Thu, 01 Jan 2026 00:00:00 GMT';
const ETAG = { etag: '"v1"' };

let server: PageServer;
let methods: string[] = [];
beforeAll(async () => {
  server = await startPageServer(status(404));
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  for (const list of [server.requests, server.headers, server.answers]) list.length = 0;
  methods = [];
});

function place(changes: Partial<SourceOptions> = {}): FileLocation {
  const headers = { authorization: 'Bearer canary' };
  const url = `${server.origin}/lake/?sig=canary`;
  return placeOf(sourceOptions({ name: 'lake', url, headers, clock: HURRIED, ...changes }));
}

type Headers = Record<string, string | number>;

/** A file with these headers; HEAD has no body, and ranges are supported. */
function file(headers: Headers = ETAG, body: string | Buffer = BODY): Answer {
  const bytes = Buffer.from(body);
  return (request, response) => {
    methods.push(`${request.method} ${request.headers.range ?? ''}`.trim());
    const from = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    if (from === null) {
      response.writeHead(200, { 'content-length': bytes.length, ...headers });
      response.end(request.method === 'HEAD' ? undefined : bytes);
      return;
    }
    const part = bytes.subarray(Number(from[1]), from[2] === '' ? undefined : Number(from[2]) + 1);
    const range = `bytes ${from[1]}-${Number(from[1]) + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-length': part.length, 'content-range': range, ...headers }).end(part);
  };
}

/** The first bytes of a file, and then the end of the connection. */
function cutOff(at: number, headers: Headers = ETAG, body = BODY): Answer {
  return (request, response) => {
    methods.push(`${request.method} ${request.headers.range ?? ''}`.trim());
    response.writeHead(200, { 'content-length': body.length, ...headers });
    response.write(body.slice(0, at), () => response.socket?.end());
  };
}

/** Ignores ranges and conditions. */
function whole(headers: Headers = ETAG, body = BODY): Answer {
  return (request, response) => {
    methods.push(request.method ?? '');
    response.writeHead(200, { 'content-length': body.length, ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

/** What the file `a.csv` holds, from these responses. */
async function contentOf(answers: readonly Answer[], changes: Partial<SourceOptions> = {}, name = 'a.csv') {
  server.answers.push(...answers);
  await using opened = place(changes);
  const listed = await opened.list([name], calm);
  if (listed.length === 0) return null;
  await using readable = await opened.open(listed, calm);
  return readFileSync(readable.files[0]?.path ?? '', 'utf8');
}

async function messageOf(answers: readonly Answer[], changes: Partial<SourceOptions> = {}): Promise<string> {
  const failure = await failureOf(contentOf(answers, changes));
  expect(`${failure.message} ${failure.stack} ${JSON.stringify(failure.facts)}`).not.toContain('canary');
  return `${failure.code}: ${failure.message.replaceAll(server.origin, 'ORIGIN')}`;
}

const times = (count: number, answer: Answer) => Array.from({ length: count }, () => answer);
const sent = (header: keyof IncomingMessage['headers']) => server.headers.map((headers) => headers[header]);

describe('a file of an HTTP server', () => {
  test('is looked up with HEAD, and fetched on the condition that it is the same', async () => {
    expect(await contentOf([file(), file()])).toBe(BODY);
    expect(methods).toEqual(['HEAD', 'GET']);
    expect(server.requests).toEqual(times(2, status(0)).map(() => '/lake/a.csv?sig=canary'));
    expect([sent('if-match'), sent('accept-encoding')]).toEqual([
      [undefined, '"v1"'],
      ['identity', 'identity'],
    ]);
    expect(sent('authorization')).toEqual(['Bearer canary', 'Bearer canary']);
  });

  test.each([404, 410])('does not exist with status %s', async (code) => {
    expect(await contentOf([status(code)])).toBe(null);
  });

  test.each([405, 501])('is looked up with a range of one byte if HEAD has status %s', async (code) => {
    expect(await contentOf([status(code), file(), file()])).toBe(BODY);
    expect(methods).toEqual(['GET bytes=0-0', 'GET']);
    server.answers.length = 0;
    expect(await contentOf([status(code), status(404)])).toBe(null);
    expect(await contentOf([status(code), status(416), file(ETAG, ''), file(ETAG, '')])).toBe('');
  });

  test('is looked up with a range if the response to HEAD has no length', async () => {
    const chunked: Answer = (_request, response) => void response.writeHead(200, ETAG).end();
    expect(await contentOf([chunked, file(), file()])).toBe(BODY);
  });

  test('has the identity of its Last-Modified and length without an ETag', async () => {
    const headers = { 'last-modified': WRITTEN, date: 'Thu, 01 Jan 2026 00:00:02 GMT' };
    expect(await contentOf([file(headers), cutOff(100, headers), file(headers)])).toBe(BODY);
    expect(methods).toEqual(['HEAD', 'GET', 'GET bytes=100-']);
    expect(sent('if-unmodified-since')).toEqual([undefined, WRITTEN, WRITTEN]);
  });

  test.each<[string, Headers]>([
    ['a weak ETag', { etag: 'W/"v1"' }],
    ['an ETag without quotes', { etag: 'v1' }],
    ['a Last-Modified of this second', { 'last-modified': WRITTEN, date: WRITTEN }],
    ['a Last-Modified of a second ago', { 'last-modified': WRITTEN, date: 'Thu, 01 Jan 2026 00:00:01 GMT' }],
  ])('is fetched from the start again after an interruption, with %s', async (_, headers) => {
    expect(await contentOf([file(headers), cutOff(100, headers), file(headers)])).toBe(BODY);
    expect(methods).toEqual(['HEAD', 'GET', 'GET']);
  });

  test('is resumed with its digest, also with a weak ETag', async () => {
    const digest = createHash('sha256').update(BODY).digest('base64');
    const headers = { etag: 'W/"v1"', 'repr-digest': `sha-512=:AAAA:, sha-256=:${digest}:` };
    expect(await contentOf([file(headers), cutOff(100, headers), file(headers)])).toBe(BODY);
    expect(methods).toEqual(['HEAD', 'GET', 'GET bytes=100-']);
  });

  test.each([
    ['repr-digest', `sha-256=:${createHash('sha256').update('x').digest('base64')}:`],
    ['digest', `SHA-256=${createHash('sha256').update('x').digest('base64')}`],
    ['content-md5', createHash('md5').update('x').digest('base64')],
  ])('is broken if it differs from its %s', async (header, digest) => {
    const headers = { ...ETAG, [header]: digest };
    expect(await messageOf(times(4, file(headers)))).toBe(
      'FILE_BROKEN: a.csv in ORIGIN does not match its checksum after several attempts; upload the file again.',
    );
  });

  test('is complete from a server that ignores ranges', async () => {
    expect(await contentOf([whole(), cutOff(70_000), whole()])).toBe(BODY);
  });

  test.each<[string, Answer]>([
    ['another ETag, from a server that ignores conditions', whole({ etag: '"v2"' })],
    ['status 412', status(412)],
    ['status 404', status(404)],
  ])('has changed with %s', async (_, answer) => {
    expect(await messageOf([file(), answer])).toMatch(
      /^FILE_CHANGED: a\.csv in ORIGIN (?:has been replaced|has disappeared) since it was listed; the run will list and read/,
    );
    server.answers.length = 0;
    expect(await messageOf([file(), cutOff(100), answer])).toMatch(/^FILE_CHANGED: a\.csv in ORIGIN /);
  });

  test('is found again after a redirect on the same host, and not on another one', async () => {
    const redirect = (location: string): Answer => status(302, { location });
    expect(await contentOf([redirect('/v2/a.csv'), file(), redirect('/v2/a.csv'), file()])).toBe(BODY);
    expect(server.requests[1]).toBe('/v2/a.csv');
    const other = await startPageServer(file());
    const message = await messageOf([redirect(`${other.origin}/a.csv`)]);
    expect(message.replace(other.origin, 'OTHER')).toBe(
      'SOURCE_DENIED: a.csv in ORIGIN cannot be read: it redirects, and the file is on OTHER, but requests are sent only to ORIGIN, the host of the source.',
    );
    expect(other.requests).toEqual([]);
    await other[Symbol.asyncDispose]();
    expect(await messageOf(times(6, redirect('/lake/a.csv')))).toContain('it redirects more than 5 times');
  });

  test.each<[string, Answer]>([
    ['429', status(429, { 'retry-after': '0' })],
    ['503 with a date', status(503, { 'retry-after': 'Sat, 01 Jan 2000 00:00:00 GMT' })],
    ['500', status(500)],
    ['a reset connection', (request) => request.socket.destroy()],
    ['no HTTP', raw('SSH-2.0-OpenSSH\r\n', 'close')],
    ['a web page', whole({ 'content-type': 'text/html; charset=utf-8', etag: '"page"' })],
    ['a body that is cut off', cutOff(70_000)],
    [
      'bytes after its end',
      raw(
        `HTTP/1.1 200 OK\r\netag: "v1"\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}${'x'.repeat(500_000)}`,
        'close',
      ),
    ],
    ['another length', file(ETAG, `${BODY}more`)],
    [
      'another part',
      (_request, response) =>
        void response.writeHead(206, { ...ETAG, 'content-range': `bytes 5-9/${BODY.length}` }).end('xxxxx'),
    ],
  ])('is fetched again after %s', async (_, fault) => {
    expect(await contentOf([file(), fault, file()])).toBe(BODY);
    expect(server.answers).toEqual([]);
  });

  test('stops waiting for a server that stalls, before and in a response', async () => {
    const stalls = [
      raw('', 'stall'),
      raw(`HTTP/1.1 200 OK\r\netag: "v1"\r\ncontent-length: ${BODY.length}\r\n\r\nent`, 'stall'),
    ];
    const [before = file(), inside = file()] = stalls;
    expect(await contentOf([before, file(), before, inside, file()], { idleTimeoutMs: 300 })).toBe(BODY);
  });

  test.each([
    ['gzip', 'a.csv.gz'],
    ['zstd', 'a.csv.zst'],
  ])('with the encoding %s is the file as stored if its name says so', async (encoding, name) => {
    const headers = { ...ETAG, 'content-encoding': encoding };
    expect(await contentOf([file(headers), file(headers)], {}, name)).toBe(BODY);
  });

  test.each<[string, readonly Answer[], Partial<SourceOptions>, string]>([
    [
      'a missing token',
      [status(401)],
      {},
      'SOURCE_DENIED: a.csv in ORIGIN cannot be read: the server responded with HTTP status 401; check `bearer` and `headers` of the source in millrace.yaml.',
    ],
    [
      'status 403, which is not an absent file',
      [status(403)],
      {},
      'SOURCE_DENIED: a.csv in ORIGIN cannot be read: the server responded with HTTP status 403; check `bearer` and `headers` of the source in millrace.yaml. Some servers also respond in this way if a file does not exist.',
    ],
    [
      'another status',
      [status(400)],
      {},
      'SOURCE_DENIED: a.csv in ORIGIN cannot be read: the server responded with HTTP status 400; check the URL of the source and the file name.',
    ],
    [
      '503 without an end',
      times(6, status(503, { 'retry-after': '0' })),
      {},
      'SOURCE_UNAVAILABLE: a.csv in ORIGIN could not be looked up: the server responded with HTTP status 503.',
    ],
    [
      'a wait that is too long',
      [status(503, { 'retry-after': '86400' })],
      {},
      'SOURCE_UNAVAILABLE: a.csv in ORIGIN could not be looked up: the server responded with HTTP status 503 and asks to wait 1d, more than 5m.',
    ],
    [
      'a web page',
      times(6, whole({ 'content-type': 'text/html' })),
      {},
      'SOURCE_UNAVAILABLE: a.csv in ORIGIN could not be looked up: the response is a web page, probably from a proxy or a login page; check the URL.',
    ],
    [
      'compression',
      [file({ ...ETAG, 'content-encoding': 'gzip' }, gzipSync(BODY))],
      {},
      'SOURCE_DENIED: a.csv in ORIGIN cannot be read: the server compresses the response (Content-Encoding: gzip) although the request does not allow it; turn off compression for these files, or store compressed files with a name that ends with .gz.',
    ],
    [
      'no identity',
      times(2, file({})),
      {},
      'SOURCE_DENIED: a.csv in ORIGIN cannot be read: the response has neither ETag nor Last-Modified; without both, a changed or truncated file could not be detected. If the server is an API, read it with `path` and `pages`.',
    ],
    [
      'a length that HEAD reports wrongly',
      [file(ETAG, ''), ...times(6, file())],
      {},
      `SOURCE_UNAVAILABLE: a.csv in ORIGIN could not be fetched: the response has ${BODY.length} bytes, but the first response had 0.`,
    ],
    [
      'more bytes than HEAD reported, in chunks',
      [file(ETAG, 'short'), ...times(3, (_request, response) => void response.writeHead(200, ETAG).end(BODY))],
      {},
      'FILE_BROKEN: a.csv in ORIGIN has more than the 5 bytes listed after several attempts; upload the file again.',
    ],
    [
      'nothing for too long',
      times(6, raw('', 'stall')),
      { idleTimeoutMs: 100 },
      'SOURCE_UNAVAILABLE: a.csv in ORIGIN could not be looked up: nothing arrived for 100ms (idle_timeout of the source).',
    ],
  ])('fails for %s', async (_, answers, changes, message) => {
    expect(await messageOf(answers, changes)).toBe(message);
    expect(server.answers).toEqual([]);
  });

  test('reads credentials in files again for each request', async () => {
    let token = 'old canary';
    const renewed = async () => ({ url: `${server.origin}/lake`, headers: { authorization: `Bearer ${token}` } });
    await using opened = place({ renewed });
    server.answers.push(file());
    await opened.list(['a.csv'], calm);
    token = 'new canary';
    server.answers.push(file());
    expect(await opened.list(['a.csv'], calm)).toHaveLength(1);
    expect(sent('authorization')).toEqual(['Bearer old canary', 'Bearer new canary']);
    server.answers.push(status(401), status(401));
    const { code, message } = await failureOf(opened.list(['a.csv'], calm));
    expect([code, message]).toEqual(['SOURCE_CREDENTIALS', expect.stringContaining('HTTP status 401; check `bearer`')]);
  });

  test('cannot be found by a wildcard', async () => {
    await using opened = place();
    const { code, message } = await failureOf(opened.list(['sales/*.csv'], calm));
    expect([code, message]).toEqual([
      'DEFINITION_INVALID',
      expect.stringMatching(/^The file pattern "sales\/\*\.csv" has \*, but HTTP servers cannot list files; expected/),
    ]);
    expect(server.requests).toEqual([]);
  });

  test('leaves no connection open after its place is closed', async () => {
    await contentOf([file(), file(ETAG, `${BODY}more`), file()]);
    expect(await server.sockets()).toBeLessThanOrEqual(1);
  });
});
