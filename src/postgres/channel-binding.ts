// SCRAM bound to the TLS connection: the proof of the password is valid on this connection only, so a server in between
// with another certificate cannot forward it.
//
// The driver binds if the server offers it and otherwise logs in without, as `channel_binding=prefer` requests.

import pg from 'pg';
import { destroyWire } from './wire.ts';

const BOUND = 'SCRAM-SHA-256-PLUS';
const UNBOUND = ['authenticationOk', 'authenticationCleartextPassword', 'authenticationMD5Password'];

/** A client that ends before it sends any proof of the password to a server that does not bind the login. */
function bindingClient(config: pg.ClientConfig): pg.Client {
  const client = new pg.Client(config);
  const login = client.connection;
  let isBound = false;
  const refuse = () => destroyWire(client, new Error('SASL: the server does not offer channel binding'));
  // The driver registers its listener only when it connects, after this one.
  login.on('authenticationSASL', ({ mechanisms = [] }: { readonly mechanisms?: readonly string[] }) => {
    isBound = mechanisms.includes(BOUND);
    if (!isBound) refuse();
  });
  for (const event of UNBOUND) login.on(event, () => isBound || refuse());
  return client;
}

/** The client class for URLs with `channel_binding=…`. */
export function clientOf(channelBinding: string | undefined): new (config?: pg.ClientConfig) => pg.Client {
  if (channelBinding !== 'require') return pg.Client;
  // A function that returns an object may be called with `new`.
  return bindingClient as unknown as new (
    config?: pg.ClientConfig,
  ) => pg.Client;
}
