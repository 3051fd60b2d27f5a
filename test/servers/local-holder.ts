// Starts the servers of a project, prints a line and keeps running, so that tests can kill it at any moment.

import { startLocalServers } from '../../src/servers/servers.ts';

await startLocalServers(process.argv[2] ?? '');
process.stdout.write('ready\n');
setInterval(() => undefined, 60_000);
