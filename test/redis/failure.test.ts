// Messages for Redis errors.

import { expect, test } from 'vitest';
import { redisFailure } from '../../src/redis/failure.ts';
import { openQueueConnection } from '../../src/redis/queue-connection.ts';

test("redisFailure reports a missing connection, without the driver's settings", async () => {
  const connection = openQueueConnection('redis://127.0.0.1:1', 'producer', {
    connectionName: 'test',
    silenceMs: 10_000,
  });
  connection.on('error', () => undefined);
  const thrown = await connection.ping().catch((error: unknown) => error);
  connection.disconnect();
  const role = {
    label: 'The queue (redis://127.0.0.1:1)',
    unavailable: 'QUEUE_UNAVAILABLE',
    denied: 'QUEUE_DENIED',
  } as const;
  expect(redisFailure(thrown, role)).toMatchObject({
    code: 'QUEUE_UNAVAILABLE',
    message: 'The queue (redis://127.0.0.1:1) is not responding: there is no connection to it.',
    cause: thrown,
  });
});
