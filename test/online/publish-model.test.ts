// Random interleavings of commits, publishes, rebuilds, zombies and flushes, against real servers. Whatever happened, once
// the debt is worked off the online store holds the newest offline row of each entity, and no zombie changes that later.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { checkSentinel } from '../../src/online/check-sentinel.ts';
import { publishDebt } from '../../src/online/publish.ts';
import { rebuildView } from '../../src/online/rebuild.ts';
import type { Redis, RedisReply } from '../../src/redis/connection.ts';
import { takeOverViews } from '../../src/state/views.ts';
import { fingerprinted } from '../support/views.ts';
import { days, type OnlineWorld, onDay, openOnlineWorld, type Row } from './world.ts';

const RUNS = Number(process.env['MILLRACE_TEST_RUNS'] ?? 60);

let world: OnlineWorld;
beforeAll(async () => {
  world = await openOnlineWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

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

type Publisher = { gate: ReturnType<typeof heldRedis>; done: Promise<unknown>; isDone: boolean };

async function startPublisher(kind: 'debt' | 'rebuild'): Promise<Publisher> {
  // Whoever held the view has been away for so long that its lease is over: it is a zombie from here on.
  await world.database.run(`update millrace.view set publish_until = millrace.now() where id = $1`, [viewId]);
  const gate = heldRedis(world.online.redis);
  const options = { ...world.publisher, viewId, online: { ...world.online, redis: gate.redis } };
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
  await takeOverViews(world.database, [fingerprinted(world.view)]);
  const [row] = await world.database.query<{ id: number }>('select id from millrace.view');
  viewId = row?.id ?? 0;
}

async function workOff(): Promise<void> {
  const options = { ...world.publisher, viewId };
  await world.database.run(`update millrace.view set publish_until = millrace.now() where id = $1`, [viewId]);
  for (let round = 0; round < 5; round += 1) {
    const { due } = await checkSentinel(world);
    for (const _ of due) await rebuildView(options);
    await publishDebt(options);
    const [left] = await world.database.query<{ done: boolean }>(
      `select covered = published and rebuild_reason is null
              and not exists (select from millrace.removed) as done
         from millrace.coverage join millrace.view on id = view_id`,
    );
    if (left?.done && (await checkSentinel(world)).due.length === 0) return;
  }
  throw new Error('the debt does not end');
}

async function expectNewest(): Promise<void> {
  const rows = await world.database.query<{ id: string; ts: string; amount: string }>(
    `select entity_id as id, (extract(epoch from event_timestamp) * 1000000)::bigint::text as ts, amount::text as amount
       from (select *, row_number() over (partition by entity_id order by event_timestamp desc) as place
               from features.orders) o where place = 1 order by 1`,
  );
  const newest = Object.fromEntries(rows.map(({ id, ts, amount }) => [id, { _ts: ts, amount }]));
  expect(Object.fromEntries(await world.onlineRows())).toEqual(newest);
}

const entity = fc.constantFrom('a', 'b', 'c');
const rowsOfDay = fc.uniqueArray(
  fc.tuple(entity, fc.integer({ min: 0, max: 2 }), fc.constantFrom('0', '-0', '1', '2')),
  {
    selector: ([id, second]) => `${id}${second}`,
    maxLength: 4,
  },
);
const commitAction = fc.record({ kind: fc.constant('commit' as const), day: fc.nat(1), rows: rowsOfDay });
const simpleAction = <K extends string>(kind: K) => fc.record({ kind: fc.constant(kind) });
const stepAction = fc.record({
  kind: fc.constant('step' as const),
  // Mostly of the publisher that began last; the ones before it are zombies.
  which: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(4) }),
});

/** A flush ends in a rebuild, which repairs whatever else went wrong: most histories should have none. */
const actions = (flushWeight: number) =>
  fc.array(
    fc.oneof(
      { weight: 25, arbitrary: commitAction },
      { weight: 12, arbitrary: simpleAction('publish' as const) },
      { weight: 12, arbitrary: simpleAction('debt' as const) },
      { weight: 40, arbitrary: stepAction },
      { weight: 3, arbitrary: simpleAction('check' as const) },
      { weight: flushWeight, arbitrary: simpleAction('rebuild' as const) },
      { weight: flushWeight, arbitrary: simpleAction('flush' as const) },
    ),
    { minLength: 4, maxLength: 30 },
  );

type Action = ReturnType<typeof actions> extends fc.Arbitrary<(infer T)[]> ? T : never;

async function act(one: Action, publishers: Publisher[]): Promise<void> {
  switch (one.kind) {
    case 'commit': {
      const rows = one.rows.map(([id, second, value]): Row => [id, onDay(one.day, second), value]);
      await world.commit(days(one.day), rows, viewId);
      return;
    }
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
  }
}

async function wakeZombies(publishers: readonly Publisher[]): Promise<void> {
  for (const { gate, done } of publishers) {
    gate.open();
    await done;
  }
}

describe('publishing', () => {
  test.each([
    ['without a flush', 0],
    ['with flushes and rebuilds', 6],
  ])(
    'ends with the newest offline rows online, whatever happened on the way, %s',
    { timeout: 300_000 },
    async (_, flushWeight) => {
      await fc.assert(
        fc.asyncProperty(actions(flushWeight), async (history) => {
          await begin();
          const publishers: Publisher[] = [];
          for (const one of history) await act(one, publishers);
          await workOff();
          await expectNewest();
          await wakeZombies(publishers);
          await expectNewest();
          // A publisher whose lease ended between its end online and the record of it has left a doubt behind.
          await workOff();
          await expectNewest();
        }),
        { numRuns: RUNS },
      );
    },
  );
});
