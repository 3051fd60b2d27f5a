// A server between a client and its Postgres that ends TLS with another certificate, like an attacker.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectTls, type SecureContextOptions, TLSSocket } from 'node:tls';

export type Interceptor = AsyncDisposable & { readonly url: string };

/** 80877103 requests TLS: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const TLS_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Forwards both directions, to a server over TLS or in plain text, without offering channel binding. */
export async function startInterceptor(
  url: string,
  certificate: SecureContextOptions,
  behind: 'tls' | 'plain text',
): Promise<Interceptor> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  const kept = <S extends Socket>(socket: S): S => {
    open.add(socket);
    return socket.on('error', () => undefined);
  };
  const server = createServer(async (raw) => {
    await once(kept(raw), 'data'); // the request for TLS
    raw.write('S');
    const client = kept(new TLSSocket(raw, { isServer: true, ...certificate }));
    const plain = kept(connect(Number(port), hostname));
    const upstream = behind === 'tls' ? kept(await overTls(plain)) : plain;
    client.pipe(upstream).pipe(client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const own = new URL(url);
  own.port = String((server.address() as AddressInfo).port); // it listens on a port
  return {
    url: own.href,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function overTls(plain: Socket): Promise<TLSSocket> {
  plain.write(TLS_REQUEST);
  await once(plain, 'data');
  return connectTls({ socket: plain, rejectUnauthorized: false });
}
