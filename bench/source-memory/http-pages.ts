// An HTTP API of any number of rows in pages of 10,000, in its own process, so that it does not count as memory of the
// reader.

import { fork } from 'node:child_process';
import { once } from 'node:events';

export type PageFormat = 'json' | 'ndjson' | 'csv';

/** Rows of entity_id, happened_at and amount at `/rows`. */
export async function startPages({
  rows,
  format,
}: {
  readonly rows: number;
  readonly format: PageFormat;
}): Promise<AsyncDisposable & { readonly url: string }> {
  const server = fork(new URL('http-server.ts', import.meta.url), [`${rows}`, format], { execArgv: process.execArgv });
  const [url] = (await once(server, 'message')) as [string]; // the only message
  return {
    url,
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    },
  };
}
