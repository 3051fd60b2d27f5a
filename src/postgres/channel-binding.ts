// SCRAM bound to the TLS connection: the proof of the password is of use on this connection alone, so a server in between
// that shows a certificate of its own cannot pass it on.
//
// The driver binds where the server offers it and otherwise logs in without, as `channel_binding=prefer` asks for.

import pg from 'pg';
import { destroyWire } from './wire.ts';

const BOUND = 'SCRAM-SHA-256-PLUS';
const UNBOUND = ['authenticationOk', 'authenticationCleartextPassword', 'authenticationMD5Password'];

type Login = { on(event: string, listener: (message: { readonly mechanisms?: readonly string[] }) => void): void };

/** A client that ends before it sends any proof of the password to a server that does not bind the login. */
function bindingClient(config: pg.ClientConfig): pg.Client {
  const client = new pg.Client(config);
  const login = (client as unknown as { readonly connection: Login }).connection; // its types leave it out
  let isBound = false;
  const refuse = () => destroyWire(client, new Error('SASL: the server does not offer channel binding'));
  // The driver listens only once it connects: after us.
  login.on('authenticationSASL', ({ mechanisms = [] }) => {
    isBound = mechanisms.includes(BOUND);
    if (!isBound) refuse();
  });
  for (const event of UNBOUND) login.on(event, () => isBound || refuse());
  return client;
}

/** What the driver's connections are made with where the URL says `channel_binding=…`. */
export function clientOf(channelBinding: string | undefined): new (config?: pg.ClientConfig) => pg.Client {
  if (channelBinding !== 'require') return pg.Client;
  // A function that returns an object may be called with `new`.
  return bindingClient as unknown as new (
    config?: pg.ClientConfig,
  ) => pg.Client;
}
