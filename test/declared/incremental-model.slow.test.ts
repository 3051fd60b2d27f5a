// Random rows, late rows, corrections, deletions, crashes and restatements: an incremental view stores and serves what the
// same view reads from the source in one scan.

import { describe, expect, test } from 'vitest';
import { epochMsOf } from '../../src/core/instant.ts';
import { partsName } from '../../src/definition/declared/parts.ts';
import { Shutdown } from '../../src/run/shutdown.ts';
import type { Stage } from '../../src/run/stage.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { restate } from '../../src/state/views/edit.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { openWorld, type World } from '../support/world.ts';
import { activity, HOUR_MS, onlineValues, plain, START_MS, setClock, storedRows } from './incremental.ts';
import { type Random, seeded } from './random-views.ts';

const USERS = ['ada', 'bob', 'eve', 'joe', 'kim'];
const VIEW = activity();
const PARTS = partsName(VIEW);
const LOOKBACK_MS = 3 * HOUR_MS;

type Model = { readonly world: World; readonly random: Random; hour: number };

async function addRows({ world, random }: Model, fromMs: number, toMs: number, count: number): Promise<void> {
  for (let row = 0; row < count; row += 1) {
    const at = new Date(fromMs + random.below((toMs - fromMs) / 1000) * 1000).toISOString();
    const amount = random.chance(0.1)
      ? null
      : ((random.below(2_000) - 400) / (random.chance(0.5) ? 100 : 10)).toString();
    const points = random.chance(0.1) ? null : random.below(200) - 100;
    await world.sql('insert into user_events values ($1, $2, $3, $4, $5, $6)', [
      random.chance(0.03) ? null : random.of(USERS),
      at,
      random.of(['login', 'buy', 'view']),
      amount,
      points,
      random.chance(0.1) ? true : null,
    ]);
  }
}

/** Adds, changes and deletes rows of a time. */
async function correct(model: Model, fromMs: number, toMs: number): Promise<void> {
  const { world, random } = model;
  const within = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  if (random.chance(0.7)) await addRows(model, fromMs, toMs, 1 + random.below(4));
  if (random.chance(0.5))
    await world.sql(`update user_events set amount = amount + 1.5 where at >= $1 and at < $2 and user_id = $3`, [
      ...within,
      random.of(USERS),
    ]);
  if (random.chance(0.5))
    await world.sql(`delete from user_events where at >= $1 and at < $2 and user_id = $3`, [
      ...within,
      random.of(USERS),
    ]);
}

/** Plans both views, and performs all open runs in any order until only waiting ones are left. */
async function work({ world, random }: Model, names: readonly string[] = [PARTS, VIEW.name]): Promise<void> {
  let turns = 0;
  for (let planned = 1; planned > 0; ) {
    planned = 0;
    turns += 1;
    if (turns > 30) throw new Error('runs wait forever');
    for (const name of random.chance(0.5) ? names : names.toReversed()) {
      planned += (await world.plan(name)).length;
    }
    const open = await world.sql(
      `select id from millrace.run where state in ('planned', 'active', 'committed') order by id`,
    );
    const ids = open.map(({ id }) => Number(id));
    if (random.chance(0.5)) ids.reverse();
    await world.sql(`update millrace.run set not_before = null, lease_until = null`);
    for (const id of ids) await world.perform(id).catch(() => undefined);
    const [left] = await world.sql(
      `select count(*) as runs from millrace.run where state in ('planned', 'active', 'committed')`,
    );
    planned += Number(left?.['runs'] ?? 0);
  }
}

async function restateParts({ world }: Model, fromMs: number, toMs: number): Promise<void> {
  const range = { from: epochMsOf(fromMs), to: epochMsOf(toMs) };
  await restate(world.app.database, await requireAppliedView(world.app.database, PARTS), range, {
    ...DEFAULT_RUN_OPTIONS,
    allowRemovals: true,
  });
}

async function step(model: Model): Promise<void> {
  const { random, world } = model;
  const nowMs = START_MS + model.hour * HOUR_MS;
  await correct(model, nowMs - LOOKBACK_MS, nowMs);
  if (random.chance(0.4)) {
    const fromMs = START_MS + random.below(model.hour) * HOUR_MS;
    const toMs = fromMs + (1 + random.below(3)) * HOUR_MS;
    await correct(model, fromMs, Math.min(toMs, nowMs));
    await restateParts(model, fromMs, Math.min(toMs, nowMs));
    if (random.chance(0.5)) await work(model);
  }
  const hours = 1 + random.below(2);
  await addRows(model, nowMs, nowMs + hours * HOUR_MS, random.below(8));
  model.hour += hours;
  await setClock(world, START_MS + model.hour * HOUR_MS);
  await work(model);
}

/** Stages that fail now and then, before or after their work, as if the process had died. */
function dying(random: Random): (stages: readonly Stage[]) => readonly Stage[] {
  return (stages) =>
    stages.map((stage) => ({
      name: stage.name,
      perform: async (run, signal) => {
        if (stage.name !== 'claim' && random.chance(0.03)) throw new Shutdown('worker_stopped');
        const after = await stage.perform(run, signal);
        if (stage.name !== 'claim' && random.chance(0.03)) throw new Shutdown('worker_stopped');
        return after;
      },
    }));
}

describe('an incremental view', () => {
  // The stages of the last two die now and then.
  test.each([1, 2, 3, 4])(
    'has the values of one scan, after late rows, corrections and deletions (seed %i)',
    async (seed) => {
      const random = seeded(seed);
      await using world = await openWorld({ changeStages: seed > 2 ? dying(random) : (same) => same });
      await world.sql(
        'create table user_events (user_id text, at timestamptz, type text, amount numeric, points int, hidden bool)',
      );
      const model: Model = { world, random, hour: 12 };
      await setClock(world, START_MS + model.hour * HOUR_MS);
      await addRows(model, START_MS, START_MS + model.hour * HOUR_MS, 60);
      await world.apply({ ...VIEW, failuresMax: 0 });
      await work(model);
      for (let count = 0; count < 6; count += 1) await step(model);
      // Late rows of the last hours are read again when the next interval is due.
      model.hour += 1;
      await setClock(world, START_MS + model.hour * HOUR_MS);
      await work(model);

      expect(
        await world.sql(`select id, span::text, error->>'message' as message from millrace.run where state = 'failed'`),
      ).toEqual([]);

      const other = plain();
      await world.apply({ ...VIEW, failuresMax: 0 }, other);
      await work(model, ['plain']);
      expect(await storedRows(world, VIEW)).toEqual(await storedRows(world, other));
      expect(await onlineValues(world, VIEW, USERS)).toEqual(await onlineValues(world, other, USERS));
      expect(await onlineValues(world, { ...VIEW, name: PARTS }, USERS)).toEqual(USERS.map(() => null));
    },
  );
});
