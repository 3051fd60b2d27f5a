// An API over its own stores, with a token of each role.

import { type ApiOptions, startApi } from '../../src/api/server.ts';
import type { Log, LogFacts } from '../../src/core/log.ts';
import type { ApiLimits } from '../../src/definition/connections/api-config.ts';
import { afterFile } from '../support/after-file.ts';
import { openWorld, type World, type WorldOptions } from '../support/world.ts';
import { accessOf, TOKENS, type TokenName } from './access-of.ts';

export { accessOf, TOKENS, type TokenName } from './access-of.ts';

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
  /** Stops the API, but not its stores. */
  stopApi(): Promise<void>;
};

export type ApiWorldOptions = WorldOptions & {
  readonly api?: Partial<ApiOptions>;
  readonly limits?: Partial<ApiLimits>;
};

export async function openApiWorld({ api, limits, ...options }: ApiWorldOptions = {}): Promise<ApiWorld> {
  const parts = new AsyncDisposableStack();
  afterFile(() => parts.disposeAsync());
  const world = parts.use(await openWorld(options));
  const logged: (LogFacts & { readonly event: string })[] = [];
  const server = parts.use(
    await startApi({
      project: 'shop',
      version: '0.0.0',
      database: world.app.database,
      reads: parts.use(world.app.openReadsDatabase()),
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
    stopApi: async () => server[Symbol.asyncDispose](),
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
