// The servers of `millrace dev --local`, and the variables with their URLs.

import type { Environment } from '../../definition/connections/environment.ts';
import type { Cli } from '../command.ts';

export type ServersOfProject = AsyncDisposable & { readonly env: Environment };

/** Starts Postgres and Redis for the project in a folder and prints their URLs. */
export async function startServersOf({ terminal }: Cli, folder: string): Promise<ServersOfProject> {
  const { startLocalServers } = await import('../../servers/servers.ts');
  const servers = await startLocalServers(folder);
  const env = {
    MILLRACE_OFFLINE_URL: servers.postgres.url,
    MILLRACE_ONLINE_URL: servers.online.url,
    MILLRACE_QUEUE_URL: servers.queue.url,
  };
  for (const [name, url] of Object.entries(env)) terminal.line(`export ${name}=${url}`);
  terminal.line({
    style: 'dim',
    text: `Private servers; export these variables to use them in other terminals. Data folder: ${servers.dataFolder}`,
  });
  return { env, [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose]() };
}
