// Starts a Redis, prints its URL and keeps running, so that tests can end it in every way.

import { startRedis } from '../../src/servers/servers.ts';

const redis = await startRedis();
process.stdout.write(`${redis.url}\n`);
setInterval(() => undefined, 60_000);
