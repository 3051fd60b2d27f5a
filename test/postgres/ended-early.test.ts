import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';

/** A message of the protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function message(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), length, content]);
}

const LOGGED_IN = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const SHUTDOWN = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'));

test('a server that ends a connection in the packet that reports it ready does not end the process', async () => {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([LOGGED_IN, READY, SHUTDOWN])));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  await using database = openDatabase({
    url: `postgres://reader@127.0.0.1:${port}/shop`,
    role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 1,
    connectTimeoutMs: 10_000,
    idleInTransactionMs: null,
    applicationName: 'test',
  });
  // An error without a listener would fail this test, too.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'OFFLINE_UNAVAILABLE' });
  }
  server.close();
});
