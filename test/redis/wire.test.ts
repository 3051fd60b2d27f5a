import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { isWorthReconnecting } from '../../src/redis/failure.ts';
import { openWire } from '../../src/redis/wire.ts';

/** Both ends of a connection. */
async function ends(): Promise<AsyncDisposable & { readonly client: Socket; readonly server: Socket }> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const client = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
  const [server] = await once(listener, 'connection');
  return {
    client,
    server,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      server.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

const BYTES = Buffer.from('*1\r\n$4\r\nPING\r\n');

describe('openWire', () => {
  test('gives each of several concurrent exchanges its own replies', async () => {
    await using pair = await ends();
    const wire = openWire(pair.client);
    const all = Promise.all([wire.exchange(BYTES, 2), wire.exchange(BYTES, 1)]);
    pair.server.write('+a\r\n+b\r\n+c\r\n');
    expect(await all).toEqual([['a', 'b'], ['c']]);
  });

  test('rejects an exchange with its first error once all of its replies have arrived, and no other', async () => {
    await using pair = await ends();
    const wire = openWire(pair.client);
    const all = Promise.allSettled([wire.exchange(BYTES, 3), wire.exchange(BYTES, 1)]);
    pair.server.write('+a\r\n-ERR one\r\n-ERR two\r\n+c\r\n');
    expect(await all).toMatchObject([{ reason: { name: 'ReplyError', message: 'ERR one' } }, { value: ['c'] }]);
  });

  test.each([
    ['the server closes the connection', (server: Socket) => server.end(), /closed/],
    ['the server resets the connection', (server: Socket) => server.resetAndDestroy(), /ECONNRESET|closed/],
    [
      'the server is no Redis',
      (server: Socket) => server.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /not valid Redis protocol/,
    ],
  ])('rejects what is pending, and everything after it, if %s', async (_, act, reason) => {
    await using pair = await ends();
    const wire = openWire(pair.client);
    const settled = Promise.allSettled([wire.exchange(BYTES, 1), wire.exchange(BYTES, 2)]);
    act(pair.server);
    const rejected = { status: 'rejected', reason: { message: expect.stringMatching(reason) } };
    expect(await settled).toMatchObject([rejected, rejected]);
    await expect(wire.exchange(BYTES, 1)).rejects.toThrow(reason);
  });

  test('rejects with an error from the server although the connection ends before the other replies', async () => {
    await using pair = await ends();
    const wire = openWire(pair.client);
    const settled = Promise.allSettled([wire.exchange(BYTES, 2), wire.exchange(BYTES, 1)]);
    pair.server.end('-NOAUTH Authentication required.\r\n');
    expect(await settled).toMatchObject([
      { reason: { name: 'ReplyError', message: 'NOAUTH Authentication required.' } },
      { reason: { message: 'Connection is closed.' } },
    ]);
  });

  test.each([
    ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'decryption failed or bad record mac'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number'],
    ['EPROTO', 'write EPROTO: SSL routines: wrong version number'],
    ['ECONNRESET', 'read ECONNRESET'],
  ])('rejects with an error that is worth a new connection after %s in a working one', async (code, message) => {
    await using pair = await ends();
    const wire = openWire(pair.client);
    const pending = wire.exchange(BYTES, 1).catch((error: unknown) => error);
    pair.client.destroy(Object.assign(new Error(message), { code }));
    const thrown = await pending;
    expect(thrown).toBeInstanceOf(Error);
    expect(isWorthReconnecting(thrown)).toBe(true);
  });

  test('ends if a reply arrives without a command', async () => {
    await using pair = await ends();
    const wire = openWire(pair.client);
    const closed = once(pair.client, 'close');
    pair.server.write('+a\r\n');
    await closed;
    await expect(wire.exchange(BYTES, 1)).rejects.toThrow('without a command');
  });

  test('rejects what is pending when it is ended', async () => {
    await using pair = await ends();
    const wire = openWire(pair.client);
    const pending = wire.exchange(BYTES, 1);
    wire.end();
    await expect(pending).rejects.toThrow('closed');
  });
});
