// Servers that refuse access: a process does not wait for a change that only an operator can make.

import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';
import { askRedis } from '../../src/servers/redis-inline.ts';
import { startForwarder } from '../support/forwarder.ts';
import { startCommand } from '../support/processes/command-process.ts';
import { connectionsOf, freshConnections } from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';

type Urls = { readonly offline: string; readonly online: string; readonly queue: string };
type Change = { readonly username?: string; readonly password?: string; readonly pathname?: string };
type Case = readonly [what: string, store: keyof Urls, deny: (url: string) => string | Promise<string>, why: RegExp];

const changed = (change: Change) => (url: string) => Object.assign(new URL(url), change).href;

/** A user of that Redis with these rules. */
const redisUser = (name: string, rules: string) => async (url: string) => {
  const answers = await askRedis(url, [`acl setuser ${name} reset on >right ~* &* ${rules}`]);
  expect(answers).toEqual(['+OK']);
  return changed({ username: name, password: 'right' })(url);
};

/** A role of that Postgres that may only log in. */
async function powerless(url: string): Promise<string> {
  const role = { label: 'the test', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' } as const;
  const limits = { poolMax: 1, connectTimeoutMs: 5_000, idleInTransactionMs: 30_000, applicationName: 'test' };
  await using database = openDatabase({ url, role, ...limits });
  const name = `powerless_${new URL(url).pathname.slice(1)}`;
  await database.run(`create role ${name} login password 'right'`);
  return changed({ username: name, password: 'right' })(url);
}

const CASES: readonly Case[] = [
  ['a wrong password of the queue', 'queue', changed({ password: 'wrong' }), /^The queue .* refused access: WRONGPASS/],
  ['no password of the queue', 'queue', changed({ password: '' }), /^The queue .* refused access: NOAUTH/],
  ['a queue that hides INFO', 'queue', redisUser('blind', '+@all -info'), /^The queue .* refused access: NOPERM/],
  ['a queue without scripts', 'queue', redisUser('mute', '+@all -@scripting'), /^The queue .* refused access: NOPERM/],
  [
    'a wrong password of the online store',
    'online',
    changed({ password: 'wrong' }),
    /^The online store .* refused access: (WRONGPASS|NOAUTH)/,
  ],
  [
    'no password of the online store',
    'online',
    changed({ password: '' }),
    /^The online store .* refused access: NOAUTH/,
  ],
  ['an online store without scripts', 'online', redisUser('dumb', '+@all -@scripting'), /^The online store .*NOPERM/],
  ['a wrong password of Postgres', 'offline', changed({ password: 'wrong' }), /password authentication failed/],
  ['no password of Postgres', 'offline', changed({ password: '' }), /^The offline store .* refused access: .*password/],
  ['an unknown user of Postgres', 'offline', changed({ username: 'nobody' }), /password authentication failed/],
  ['an unknown database', 'offline', changed({ pathname: '/absent' }), /database "absent" does not exist/],
  ['a role without rights in Postgres', 'offline', powerless, /permission denied/],
];

describe.each([
  ['worker', CASES],
  ['scheduler', [CASES[0], CASES[4], CASES[7]].flatMap((one) => (one === undefined ? [] : [one]))],
] as const)('millrace %s', (kind, cases) => {
  test.each(cases)('exits with code 1 and says why: %s', async (_, store, deny, why) => {
    const { offline, online, queue } = await freshConnections();
    const urls: Urls = { offline: offline.url, online: online.url, queue: queue.url };
    const denied = { ...urls, [store]: await deny(urls[store]) };
    const { child, said } = await startCommand([kind], await connectionsOf(denied));
    expect((await once(child, 'close'))[0]).toBe(1);
    expect(said()).not.toContain('process.waiting');
    expect(said().trimEnd().split('\n').at(-1)).toMatch(why);
  });
});

test('millrace worker starts while the online store is unavailable', async () => {
  const { offline, online, queue } = await freshConnections();
  const network = await startForwarder(online.url);
  network.refuse();
  const urls = { offline: offline.url, online: network.url, queue: queue.url };
  const { child, said } = await startCommand(['worker'], await connectionsOf(urls));
  await until(() => said().includes('worker.started'));
  child.kill('SIGTERM');
  expect((await once(child, 'exit'))[0]).toBe(0);
});
