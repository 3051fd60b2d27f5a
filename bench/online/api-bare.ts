// The floor of an online read: the same framework, a bare pipeline of the driver, and the reply as JSON.

import { createInterface } from 'node:readline';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { Redis } from 'ioredis';

// The bench has ended, perhaps with an error.
createInterface({ input: process.stdin }).once('close', () => process.exit(1));

const redis = new Redis(process.env['BENCH_REDIS'] ?? '');
const app = new Hono();

app.post('/', async (c) => {
  const { views, ids } = await c.req.json<{ views: Record<string, string[]>; ids: string[] }>();
  const commands = ids.flatMap((id) =>
    Object.entries(views).map(([view, features]) => ['hmget', `mr:${view}:${id}`, '_ts', ...features]),
  );
  const replies = (await redis.pipeline(commands).exec()) ?? [];
  return c.json(replies.map(([, reply]) => reply));
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env['BENCH_PORT']) }, () =>
  process.stdout.write('ready\n'),
);
