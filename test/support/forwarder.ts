// An unreliable network: a TCP forwarder in front of a server, with connections that can be frozen, delayed, cut and
// half closed.
//
// A frozen connection is like one that a NAT has forgotten, or behind a stopped proxy: the kernel acknowledges sent
// data, so neither writes nor TCP keepalives notice anything, and nothing arrives.

import { createServer, type Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Current connections, or these and all future ones. */
export type Reach = 'existing' | 'all';

export interface Forwarder extends AsyncDisposable {
  /** The URL of the server through this forwarder. */
  readonly url: string;
  /** The number of open, forwarded connections. */
  connections(): number;
  /** Stops forwarding, including ends; new connections of `all` are accepted and then silent. */
  freeze(reach: Reach): void;
  /** Freezes every second current connection: a pool does not learn of it from the others. */
  freezeHalf(): void;
  /** Freezes all, and heals after this time. */
  outage(milliseconds: number): void;
  /** Closes both ends, and closes new connections immediately, like a server that is not up. */
  refuse(): void;
  /** Delays every byte by this much from now on, both ways. */
  delay(milliseconds: number): void;
  /** Closes both ends, like a restarted proxy. */
  cut(): void;
  /** Closes the server's end; the client never learns of it. */
  halfOpen(): void;
  /** The client receives an end, while the server's side stays open and silent. */
  halfClose(): void;
  /** Closes frozen, half open and half closed connections; forwards new ones normally. */
  heal(): void;
}

type Pair = { readonly client: Socket; readonly server: Socket; isFrozen: boolean };

/** Starts a forwarder to the server of a URL; it ends with the test. */
export async function startForwarder(serverUrl: string): Promise<Forwarder> {
  const target = new URL(serverUrl);
  const pairs = new Set<Pair>();
  const network = { delayMs: 0, freezesNew: false, refuses: false };
  const listener = createServer({ allowHalfOpen: true }, (client) => {
    if (network.refuses) {
      client.resetAndDestroy();
      return;
    }
    const server = new Socket({ allowHalfOpen: true });
    const pair: Pair = { client, server, isFrozen: false };
    pairs.add(pair);
    if (network.freezesNew) freezePair(pair);
    else server.connect(Number(target.port), target.hostname.replace(/^\[|\]$/g, ''));
    forward(pair, client, server, network);
    forward(pair, server, client, network);
    const gone = () => {
      if (client.destroyed && server.destroyed) pairs.delete(pair);
    };
    client.on('close', gone);
    server.on('close', gone);
  });
  const port = await listening(listener);
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const alive = () => [...pairs].filter(({ isFrozen }) => !isFrozen);
  const destroy = ({ client, server }: Pair) => {
    client.destroy();
    server.destroy();
  };
  let outage: NodeJS.Timeout | undefined;
  const forwarder: Forwarder = {
    url: url.href,
    connections: () => alive().length,
    freeze: (reach) => {
      network.freezesNew = reach === 'all';
      for (const pair of pairs) freezePair(pair);
    },
    freezeHalf: () => {
      for (const [index, pair] of alive().entries()) if (index % 2 === 0) freezePair(pair);
    },
    outage: (milliseconds) => {
      forwarder.freeze('all');
      outage = setTimeout(() => forwarder.heal(), milliseconds);
    },
    refuse: () => {
      network.refuses = true;
      for (const pair of alive()) destroy(pair);
    },
    delay: (milliseconds) => {
      network.delayMs = milliseconds;
    },
    cut: () => {
      for (const pair of alive()) destroy(pair);
    },
    halfOpen: () => {
      for (const pair of alive()) {
        freezePair(pair);
        pair.server.destroy();
      }
    },
    halfClose: () => {
      for (const pair of alive()) {
        freezePair(pair);
        pair.client.end();
      }
    },
    heal: () => {
      clearTimeout(outage);
      Object.assign(network, { delayMs: 0, freezesNew: false, refuses: false });
      for (const pair of pairs) if (pair.isFrozen) destroy(pair);
    },
    [Symbol.asyncDispose]: async () => {
      clearTimeout(outage);
      for (const pair of pairs) destroy(pair);
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  onTestFinished(() => forwarder[Symbol.asyncDispose]());
  return forwarder;
}

function freezePair(pair: Pair): void {
  pair.isFrozen = true;
  pair.client.pause();
  pair.server.pause();
}

function forward(pair: Pair, from: Socket, to: Socket, network: { readonly delayMs: number }): void {
  // In order, even if the delay changes between two pieces.
  let sent: Promise<void> = Promise.resolve();
  const send = (work: () => void) => {
    if (network.delayMs === 0) {
      sent = sent.then(() => {
        if (!pair.isFrozen) work();
      });
      return;
    }
    const due = new Promise((resolve) => setTimeout(resolve, network.delayMs));
    sent = Promise.all([sent, due]).then(() => {
      if (!pair.isFrozen) work();
    });
  };
  from.on('data', (piece) =>
    send(() => {
      if (!to.write(piece)) from.pause();
    }),
  );
  to.on('drain', () => {
    if (!pair.isFrozen) from.resume();
  });
  from.on('end', () => send(() => to.end()));
  from.on('error', () => {
    if (!pair.isFrozen) to.destroy();
  });
  from.on('close', () => {
    if (!pair.isFrozen) send(() => to.destroySoon());
  });
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the forwarder has no port');
  return address.port;
}
