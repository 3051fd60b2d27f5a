// An API over its own stores, with a token of each role.

import { afterAll } from 'vitest';
import { hashOfToken, tokenOf } from '../../src/api/access/token.ts';
import { type ApiOptions, startApi } from '../../src/api/server.ts';
import type { Log, LogFacts } from '../../src/core/log.ts';
import { type ApiAccess, type ApiLimits, DEFAULT_API_LIMITS } from '../../src/definition/connections/api-config.ts';
import { openWorld, type World, type WorldOptions } from '../support/world.ts';

export const TOKENS = {
  reader: tokenOf(Buffer.alloc(32, 1)),
  pusher: tokenOf(Buffer.alloc(32, 2)),
  operator: tokenOf(Buffer.alloc(32, 3)),
  /** Reads only views with the tag `signals`. */
  scoped: tokenOf(Buffer.alloc(32, 4)),
  /** Pushes only to views with the tag `signals`. */
  scopedPusher: tokenOf(Buffer.alloc(32, 5)),
  scopedOperator: tokenOf(Buffer.alloc(32, 6)),
};

export type TokenName = keyof typeof TOKENS;

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests compare whole values
  readonly body: any;
};

export type Asked = {
  readonly method?: string;
  readonly token?: TokenName | null;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type ApiWorld = World & {
  readonly url: string;
  readonly logged: (LogFacts & { readonly event: string })[];
  /** A request with the reader's token, by default. */
  ask(path: string, asked?: Asked): Promise<Answer>;
};

export type ApiWorldOptions = WorldOptions & {
  readonly api?: Partial<ApiOptions>;
  readonly limits?: Partial<ApiLimits>;
};

const cleanups: (() => PromiseLike<unknown>)[] = [];

afterAll(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

export function accessOf(limits: Partial<ApiLimits> = {}): ApiAccess {
  const hash = (name: TokenName) => hashOfToken(TOKENS[name]);
  return {
    tokens: {
      reader: { hash: hash('reader'), role: 'read', views: null },
      pusher: { hash: hash('pusher'), role: 'push', views: null },
      operator: { hash: hash('operator'), role: 'operate', views: null },
      scoped: { hash: hash('scoped'), role: 'read', views: ['tag:signals'] },
      scoped_pusher: { hash: hash('scopedPusher'), role: 'push', views: ['tag:signals'] },
      scoped_operator: { hash: hash('scopedOperator'), role: 'operate', views: ['tag:signals'] },
    },
    limits: { ...DEFAULT_API_LIMITS, requestsPerSecond: 100_000, ...limits },
    tls: null,
  };
}

export async function openApiWorld({ api, limits, ...options }: ApiWorldOptions = {}): Promise<ApiWorld> {
  const parts = new AsyncDisposableStack();
  cleanups.unshift(() => parts.disposeAsync());
  const world = parts.use(await openWorld(options));
  const logged: (LogFacts & { readonly event: string })[] = [];
  const server = parts.use(
    await startApi({
      project: 'shop',
      version: '0.0.0',
      database: world.app.database,
      online: world.app.online,
      clock: world.app.clock,
      log: logInto(logged),
      defined: [],
      services: [],
      openQueues: () => world.app.openQueues(),
      access: accessOf(limits),
      host: '127.0.0.1',
      port: 0,
      ...api,
    }),
  );
  return Object.assign(world, {
    url: server.url,
    logged,
    ask: (path: string, asked?: Asked) => ask(server.url, path, asked),
  });
}

export async function ask(url: string, path: string, asked: Asked = {}): Promise<Answer> {
  const { token = 'reader', body, text, headers = {} } = asked;
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const answer = await fetch(`${url}${path}`, {
    method: asked.method ?? (sent === undefined ? 'GET' : 'POST'),
    headers: {
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === null ? {} : { authorization: `Bearer ${TOKENS[token]}` }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const received = await answer.text();
  return { status: answer.status, headers: answer.headers, text: received, body: parsed(received) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function logInto(logged: (LogFacts & { readonly event: string })[]): Log {
  const keep = (event: string, facts: LogFacts = {}) => void logged.push({ event, ...facts });
  return { debug: keep, info: keep, warn: keep, error: keep };
}
