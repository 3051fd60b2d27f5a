// A webhook for tests: records requests, and responds as configured.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AlertFormat } from '../../src/definition/alert.ts';
import type { WebTarget } from '../../src/definition/connections/alert-targets.ts';
import type { AlertMessage } from '../../src/definition/reference/alert-message.ts';

export type Received = { readonly headers: IncomingHttpHeaders; readonly path: string; readonly body: string };

export type Webhook = AsyncDisposable & {
  readonly url: URL;
  readonly received: Received[];
  /** Responds with 200 by default. */
  answer(how: (response: ServerResponse, received: Received) => void): void;
  messages(): AlertMessage[];
  target(name: string, extra?: { secret?: string; format?: AlertFormat }): WebTarget;
};

export async function startWebhook(): Promise<Webhook> {
  const received: Received[] = [];
  let how: (response: ServerResponse, received: Received) => void = (response) => void response.end('ok');
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const one = { headers: request.headers, path: request.url ?? '', body };
      received.push(one);
      how(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const url = new URL(`http://127.0.0.1:${port}/hook/T0P5ECRET`);
  return {
    url,
    received,
    answer: (next) => {
      how = next;
    },
    messages: () => received.map(({ body }) => JSON.parse(body)),
    target: (name, { secret, format = 'json' } = {}) => ({ name, url, secret: secret ?? null, format }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
