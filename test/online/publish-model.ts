// Random interleavings of commits, publishes, rebuilds, zombies, flushes, and keys that are deleted or damaged, against
// real servers. In every history, once the debt is published the online store holds the newest offline row of each
// entity, and no zombie changes that later. A key that was deleted or damaged may be so until a rebuild, but it never
// has an old row.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { publishDebt } from '../../src/online/publish.ts';
import { readOnline } from '../../src/online/read.ts';
import { rebuildView } from '../../src/online/rebuild.ts';
import { checkSentinel } from '../../src/online/sentinel/check-sentinel.ts';
import type { Redis } from '../../src/redis/connection.ts';
import type { RedisReply } from '../../src/redis/replies.ts';
import { deployViewRows } from '../../src/state/views/views.ts';
import { fingerprinted } from '../support/views.ts';
import { days, type OnlineWorld, onDay, openOnlineWorld, type Row } from './world.ts';

let world: OnlineWorld;

/** A Redis whose exchanges of publishing wait, one by one, until they are let through. */
function heldRedis(redis: Redis) {
  let release: (() => void) | null = null;
  let arrived = Promise.withResolvers<void>();
  let isOpen = false;
  const hold = async () => {
    if (isOpen) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    release = resolve;
    arrived.resolve();
    await promise;
  };
  const isStep = (args: readonly (readonly string[])[]) =>
    args.some((one) => one.includes('begin') || one.includes('finish'));
  // Two batches may be under way, but one exchange at a time is let through.
  let turn = Promise.resolve();
  const held = async (work: () => Promise<RedisReply[]>) => {
    const before = turn;
    const mine = Promise.withResolvers<void>();
    turn = mine.promise;
    await before;
    try {
      await hold();
      return await work();
    } finally {
      mine.resolve();
    }
  };
  const gated: Redis = {
    send: (commands, signal) =>
      isStep(commands) ? held(() => redis.send(commands, signal)) : redis.send(commands, signal),
    script: async (...call) => (await held(async () => [await redis.script(...call)]))[0] ?? null,
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    redis: gated,
    /** Resolves when an exchange waits. */
    arrived: () => arrived.promise,
    next: () => {
      arrived = Promise.withResolvers();
      const go = release;
      release = null;
      go?.();
    },
    open: () => {
      isOpen = true;
      release?.();
    },
  };
}

let publishers = 0;

type Publisher = { gate: ReturnType<typeof heldRedis>; done: Promise<unknown>; isDone: boolean };

async function startPublisher(kind: 'debt' | 'rebuild'): Promise<Publisher> {
  // The holder of the view has been away until its lease ended: it is a zombie from here on.
  await world.database.run(`update millrace.view set publish_until = millrace.now() where id = $1`, [viewId]);
  const gate = heldRedis(world.online.redis);
  // Each is another process: publishers of one process take turns.
  publishers += 1;
  const owner = `publisher ${publishers}`;
  const options = { ...world.publisher, owner, viewId, online: { ...world.online, redis: gate.redis } };
  const work = kind === 'debt' ? publishDebt(options) : rebuildView({ ...options, entitiesPerSlice: 2 });
  const publisher: Publisher = { gate, isDone: false, done: Promise.resolve() };
  publisher.done = work
    .catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    })
    .finally(() => {
      publisher.isDone = true;
    });
  await Promise.race([gate.arrived(), publisher.done]);
  return publisher;
}

async function step(publisher: Publisher): Promise<void> {
  if (publisher.isDone) return;
  publisher.gate.next();
  await Promise.race([publisher.gate.arrived(), publisher.done]);
}

let viewId = 0;

async function begin(): Promise<void> {
  await world.database.run('delete from millrace.view');
  await world.database.run('truncate features.orders');
  await world.redis('FLUSHDB');
  await deployViewRows(world.database, [fingerprinted(world.view)]);
  const [row] = await world.database.query<{ id: number }>('select id from millrace.view');
  viewId = row?.id ?? 0;
}

async function workOff(): Promise<void> {
  const options = { ...world.publisher, viewId };
  await world.database.run(`update millrace.view set publish_until = millrace.now() where id = $1`, [viewId]);
  for (let round = 0; round < 5; round += 1) {
    const { due } = await checkSentinel(world);
    for (const _ of due) await rebuildView(options);
    // It may find a number of another life, which the next round's rebuild surpasses.
    await publishDebt(options).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
    const [left] = await world.database.query<{ done: boolean }>(
      `select covered = published and rebuild_reason is null
              and not exists (select from millrace.removed) as done
         from millrace.coverage join millrace.view on id = view_id`,
    );
    if (left?.done && (await checkSentinel(world)).due.length === 0) return;
  }
  throw new Error('the debt does not end');
}

async function newestRows(): Promise<Record<string, Record<string, string>>> {
  const rows = await world.database.query<{ id: string; ts: string; amount: string }>(
    `select entity_id as id, (extract(epoch from event_timestamp) * 1000000)::bigint::text as ts, amount::text as amount
       from (select *, row_number() over (partition by entity_id order by event_timestamp desc) as place
               from features.orders) o where place = 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ id, ts, amount }) => [id, { _ts: ts, amount }]));
}

async function expectNewest(): Promise<void> {
  expect(Object.fromEntries(await world.onlineRows())).toEqual(await newestRows());
}

const ENTITIES = ['a', 'b', 'c'];

/** Of each entity the newest row, or no row that a reader would take for one. */
async function expectNoOldRow(): Promise<void> {
  const newest = await newestRows();
  for (const id of ENTITIES) {
    const row = (await readOnline(world.online, [world.view], [id]).catch(() => null))?.get(id)?.['orders'] ?? null;
    if (row !== null) expect({ id, _ts: String(row.eventTime) }).toEqual({ id, _ts: newest[id]?.['_ts'] });
  }
}

const key = (id: string) => `mr:orders:${id}`;
const DAMAGES = {
  deleted: (id: string) => [['DEL', key(id)]],
  string: (id: string) => [['SET', key(id), 'x']],
  'no number': (id: string) => [['HDEL', key(id), '_rev']],
  'no time': (id: string) => [['HDEL', key(id), '_ts']],
  time: (id: string) => [['HSET', key(id), '_ts', 'x']],
  number: (id: string) => [['HSET', key(id), '_rev', 'x']],
  'great number': (id: string) => [['HSET', key(id), '_rev', '9007199254740991']],
  'number of another life': (id: string) => [['HSET', key(id), '_rev', '5000']],
  sentinel: () => [['SET', 'mr:_sentinel', 'x']],
  'deleted sentinel': () => [['DEL', 'mr:_sentinel']],
  fence: () => [['HSET', 'mr:_sentinel', 'fence:orders', '9007199254740991']],
} satisfies Record<string, (id: string) => [string, ...string[]][]>;

const entity = fc.constantFrom(...ENTITIES);
const rowsOfDay = fc.uniqueArray(
  fc.tuple(entity, fc.integer({ min: 0, max: 2 }), fc.constantFrom('0', '-0', '1', '2')),
  {
    selector: ([id, second]) => `${id}${second}`,
    maxLength: 4,
  },
);
const commitAction = fc.record({ kind: fc.constant('commit' as const), day: fc.nat(1), rows: rowsOfDay });
/** Reads a day again of which at most one row has changed: publishing may then send that row alone. */
const repeatAction = fc.record({
  kind: fc.constant('repeat' as const),
  day: fc.nat(1),
  value: fc.constantFrom(null, '0', '-0', '1', '2'),
});
const simpleAction = <K extends string>(kind: K) => fc.record({ kind: fc.constant(kind) });
const stepAction = fc.record({
  kind: fc.constant('step' as const),
  // Mostly of the publisher that began last; the ones before it are zombies.
  which: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(4) }),
});

const damageAction = fc.record({
  kind: fc.constant('damage' as const),
  entity,
  how: fc.oneof(
    { weight: 2, arbitrary: fc.constant('deleted' as const) },
    { weight: 1, arbitrary: fc.constantFrom(...(Object.keys(DAMAGES) as (keyof typeof DAMAGES)[])) },
  ),
});

/** A flush ends in a rebuild, which repairs everything else: most histories should have none. */
const actions = (flushWeight: number, damageWeight: number) =>
  fc.array(
    fc.oneof(
      { weight: 18, arbitrary: commitAction },
      { weight: 18, arbitrary: repeatAction },
      { weight: 12, arbitrary: simpleAction('publish' as const) },
      { weight: 12, arbitrary: simpleAction('debt' as const) },
      { weight: 40, arbitrary: stepAction },
      { weight: 3, arbitrary: simpleAction('check' as const) },
      { weight: flushWeight, arbitrary: simpleAction('rebuild' as const) },
      { weight: flushWeight, arbitrary: simpleAction('flush' as const) },
      { weight: damageWeight, arbitrary: damageAction },
    ),
    { minLength: 4, maxLength: 30 },
  );

type Action = ReturnType<typeof actions> extends fc.Arbitrary<(infer T)[]> ? T : never;

async function repeatedRows(day: number, value: string | null): Promise<Row[]> {
  const stored = await world.database.query<{ id: string; at: string; amount: string }>(
    `select entity_id as id, event_timestamp::text as at, amount::text as amount from features.orders
      where event_timestamp >= $1 and event_timestamp < $2 order by 1, 2`,
    [onDay(day), onDay(day + 1)],
  );
  return stored.map(({ id, at, amount }, index): Row => [id, at, index === 0 ? (value ?? amount) : amount]);
}

async function act(one: Action, publishers: Publisher[]): Promise<void> {
  switch (one.kind) {
    case 'commit': {
      const rows = one.rows.map(([id, second, value]): Row => [id, onDay(one.day, second), value]);
      await world.commit(days(one.day), rows, viewId);
      return;
    }
    case 'repeat':
      await world.commit(days(one.day), await repeatedRows(one.day, one.value), viewId);
      return;
    case 'publish': {
      const publisher = await startPublisher('debt');
      publisher.gate.open();
      await publisher.done;
      return;
    }
    case 'debt':
    case 'rebuild':
      publishers.push(await startPublisher(one.kind));
      return;
    case 'step': {
      const publisher = publishers.at(-1 - (one.which % Math.max(1, publishers.length)));
      if (publisher !== undefined) await step(publisher);
      return;
    }
    case 'flush':
      await world.redis('FLUSHDB');
      return;
    case 'check':
      await checkSentinel(world);
      return;
    case 'damage':
      // Of a hash it takes a part; there may be none, or something else.
      for (const [name, ...args] of DAMAGES[one.how](one.entity)) await world.redis(name, ...args).catch(() => null);
  }
}

async function wakeZombies(publishers: readonly Publisher[]): Promise<void> {
  for (const { gate, done } of publishers) {
    gate.open();
    await done;
  }
}

/** Checks that many random histories of each kind, and half as many of all kinds together. */
export function testPublishing(runs: number): void {
  describe('publishing', () => {
    beforeAll(async () => {
      world = await openOnlineWorld();
    });
    afterAll(() => world[Symbol.asyncDispose]());

    test.each([
      ['without a flush', 0, 0, runs],
      ['with flushes and rebuilds', 6, 0, runs],
      ['with keys that are deleted or damaged', 0, 15, runs],
      ['with all of these', 3, 15, Math.ceil(runs / 2)],
    ])(
      'ends with the newest offline rows online, after any history, %s',
      { timeout: 600_000 },
      async (_, flushWeight, damageWeight, numRuns) => {
        await fc.assert(
          fc.asyncProperty(actions(flushWeight, damageWeight), (history) => checkHistory(history, damageWeight)),
          { numRuns },
        );
      },
    );
  });
}

async function checkHistory(history: readonly Action[], damageWeight: number): Promise<void> {
  await begin();
  const publishers: Publisher[] = [];
  for (const one of history) await act(one, publishers);
  const expectRight = damageWeight === 0 ? expectNewest : expectNoOldRow;
  await workOff();
  await expectRight();
  await wakeZombies(publishers);
  await expectRight();
  // A publisher whose lease ended between its end online and the record of it has left a doubt behind.
  await workOff();
  await expectRight();
  if (damageWeight > 0) await rebuildView({ ...world.publisher, viewId });
  await expectNewest();
}
