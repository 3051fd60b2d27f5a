// A small HTTP server over chdb that speaks ClickHouse's protocol: statements, parameters, settings and formats of requests,
// streamed rows, and errors before and in the middle of a response. It runs in its own process:
//
//   node http-server.ts CHDB_FOLDER DATA_FOLDER
//
// https://clickhouse.com/docs/interfaces/http

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

type Chunk = { raw(): Uint8Array; text(): string };
type Stream = AsyncIterable<Chunk> & { cancel(): void };
type Session = {
  query(sql: string): string;
  queryBindAsync(sql: string, values: object, options: { format: string }): Promise<{ text(): string }>;
  queryStreamBind(sql: string, values: object, options: { format: string }): Stream;
  close(): void;
};

const [chdbFolder = '', dataFolder = ''] = process.argv.slice(2);
const { Session: ChdbSession } = createRequire(join(chdbFolder, 'package.json'))('chdb') as {
  Session: new (path: string) => Session;
};

/** User → password, and whether the user's profile allows no settings (readonly = 1). */
const USERS: Readonly<Record<string, { readonly password: string; readonly isFixed?: true }>> = {
  default: { password: '' },
  reader: { password: 'hunter2' },
  fixed: { password: '', isFixed: true },
};
/** Of the HTTP interface, not settings of the engine. */
const NO_SETTINGS = ['query', 'query_id', 'database', 'default_format', 'wait_end_of_query', 'enable_http_compression'];
const CANCELS = 'cancel_http_readonly_queries_on_client_close';
const VERSION = '(version 26.7.2.1)';

/** Keeps the engine and its tables while no request is served. */
const keeper = new ChdbSession(dataFolder);
/** How errors after the first rows are written: as 25.11 and newer do, or as text that ends a valid response. */
let exceptions: 'tagged' | 'plain' = 'tagged';
const running = new Map<string, string>();

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    if (response.headersSent) response.destroy();
    else refuse(response, 500, String(error));
  });
});
// A process that started this one ends it by closing its input.
process.stdin.resume().on('end', () => process.exit(0));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const body = await text(request);
  if (url.pathname === '/control/exceptions') {
    exceptions = body === 'plain' ? 'plain' : 'tagged';
    response.end();
    return;
  }
  if (url.pathname === '/control/running') {
    response.end(JSON.stringify([...running.values()]));
    return;
  }
  const given = URL.parse(`http://${request.headers.host}`);
  const login = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString();
  const [name = '', password = ''] = given === null ? [] : login.split(/:(.*)/s);
  const user = USERS[name];
  if (user === undefined || user.password !== password) {
    const message = `${name}: Authentication failed: password is incorrect, or there is no user with such name.`;
    refuse(response, 403, exceptionText(516, message, 'AUTHENTICATION_FAILED'));
    return;
  }
  const sql = `${url.searchParams.get('query') ?? ''}${body}`;
  const id = url.searchParams.get('query_id') ?? '';
  const session = new ChdbSession(dataFolder);
  running.set(id, sql);
  try {
    if (user.isFixed) session.query('set readonly = 1');
    await answer({ session, parameters: url.searchParams, sql, response });
  } catch (error) {
    const message = messageOf(error);
    if (response.headersSent) breakOff(response, message);
    else refuse(response, /\b(?:60|81)\b/.test(message.slice(0, 12)) ? 404 : 400, message);
  } finally {
    running.delete(id);
    session.close();
  }
}

type Asked = {
  readonly session: Session;
  readonly parameters: URLSearchParams;
  readonly sql: string;
  readonly response: ServerResponse;
};

async function answer({ session, parameters, sql, response }: Asked): Promise<void> {
  const database = parameters.get('database');
  if (database !== null) session.query(`use ${database}`);
  const settings = [...parameters].filter(([key]) => !NO_SETTINGS.includes(key) && !key.startsWith('param_'));
  if (settings.length > 0)
    session.query(`set ${settings.map(([key, value]) => `${key} = ${quoted(value)}`).join(', ')}`);
  requireOneStatement(sql);
  const values = Object.fromEntries(
    [...parameters].flatMap(([key, value]) => (key.startsWith('param_') ? [[key.slice('param_'.length), value]] : [])),
  );
  const format = parameters.get('default_format') ?? 'TabSeparated';
  const end = parameters.get('format_custom_result_after_delimiter') ?? '';
  response.setHeader('X-ClickHouse-Format', format);
  if (exceptions === 'tagged') response.setHeader('X-ClickHouse-Exception-Tag', TAG);
  if (/^[\s(]*(?:select|with|from)\b/i.test(sql)) {
    const stream = session.queryStreamBind(sql, values, { format });
    if (parameters.get(CANCELS) === '1') response.on('close', () => stream.cancel());
    if (await streamed(stream, response, end)) return;
  }
  response.end((await session.queryBindAsync(sql, values, { format })).text());
}

/** Each chunk of chdb is a whole result, with its own head and end. False if there was none. */
async function streamed(stream: Stream, response: ServerResponse, end: string): Promise<boolean> {
  let isFirst = true;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk.raw());
    const from = isFirst || end === '' ? 0 : bytes.indexOf('\n', bytes.indexOf('\n') + 1) + 1;
    const piece = bytes.subarray(from, bytes.length - Buffer.byteLength(end));
    isFirst = false;
    if (response.destroyed) return true;
    if (!response.write(piece)) await new Promise<void>((resolve) => drained(response, resolve));
  }
  if (!isFirst) response.end(end);
  return !isFirst;
}

function drained(response: ServerResponse, resolve: () => void): void {
  const done = () => {
    response.off('drain', done).off('close', done);
    resolve();
  };
  response.on('drain', done).on('close', done);
}

const TAG = 'dlvqrlwfmhvihrnk';

function breakOff(response: ServerResponse, message: string): void {
  if (exceptions === 'plain') {
    response.end(message);
    return;
  }
  const written = `${message}\n`;
  response.write(
    `\r\n__exception__\r\n${TAG}\r\n${written}${Buffer.byteLength(written)} ${TAG}\r\n__exception__\r\n`,
    () => response.socket?.destroySoon(),
  );
}

function refuse(response: ServerResponse, status: number, message: string): void {
  const code = /Code: (\d+)/.exec(message)?.[1];
  if (code !== undefined) response.setHeader('X-ClickHouse-Exception-Code', code);
  response.statusCode = status;
  response.end(message);
}

function messageOf(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error)).replace(/^Query failed: /, '');
  return message.includes('(version ') ? message : `${message} ${VERSION}`;
}

function exceptionText(code: number, message: string, type: string): string {
  return `Code: ${code}. DB::Exception: ${message} (${type}) ${VERSION}`;
}

/** chdb runs several statements; the server does not. */
function requireOneStatement(sql: string): void {
  const code = sql.replaceAll(/'(?:[^'\\]|\\.)*'|`[^`]*`|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  if (/;\s*\S/.test(code)) {
    throw new Error(exceptionText(62, 'Syntax error (Multi-statements are not allowed)', 'SYNTAX_ERROR'));
  }
}

function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

process.on('exit', () => keeper.close());
