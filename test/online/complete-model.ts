// A complete view under random commits, restatements, refused rows, holes, held intervals, crashes and flushes, next to a
// model of who is in the newest snapshot. After each step the online store, verify, point-in-time reads and training rows
// must say what the model says.

import { expect } from 'vitest';
import { epochMicrosOf, epochMsOf } from '../../src/core/instant.ts';
import { knownAt } from '../../src/datasets/known-rows.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { readAsOf } from '../../src/offline/read-as-of.ts';
import { publishDebt } from '../../src/online/publish.ts';
import { readOnline } from '../../src/online/read.ts';
import { rebuildView } from '../../src/online/rebuild.ts';
import { checkSentinel } from '../../src/online/sentinel/check-sentinel.ts';
import { verifyView } from '../../src/online/verify.ts';
import type { Stage } from '../../src/run/stage.ts';
import { requestRebuild } from '../../src/state/publishing/online-store.ts';
import { shownAt } from '../../src/state/views/complete.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { type Random, seeded } from '../declared/random-views.ts';
import { feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const DAY_MS = 86_400_000;
const DAYS = 5;
const ENTITIES = ['a', 'b', 'c', 'd|e', 'f'] as const;
/** Refused: with its entity, without one, with one that cannot be read. */
const KINDS = ['good', 'good', 'good', 'good', 'nan', 'late', 'anonymous', 'unreadable'] as const;

type Row = { readonly entity: string; readonly value: number; readonly kind: (typeof KINDS)[number] };
type Snapshot = { readonly rows: Map<string, number>; present: Set<string>; isReadable: boolean };

export type Absent = 'remove' | 'zero';

/** The last days before today, so that a ttl of two days is between them at any hour of a day. */
function viewOf(random: Random, today: number, absent: Absent): FeatureView {
  return view({
    name: 'members',
    start: epochMsOf(today - DAYS * DAY_MS),
    end: epochMsOf(today),
    features: [feature('members', 'float', { column: 'value' })],
    query: 'select entity as entity_id, value, at as timestamp from source where day = {{end}}',
    refusedMax: 1,
    failuresMax: 0,
    ttlMs: random.chance(0.3) ? 2 * DAY_MS : null,
    complete: { ...(random.chance(0.2) ? { allowEmpty: true } : {}), ...(absent === 'zero' ? { absent } : {}) },
  });
}

type History = {
  readonly world: World;
  readonly random: Random;
  readonly view: FeatureView;
  readonly viewId: number;
  /** By the end of the day. */
  readonly covered: Map<number, Snapshot>;
  readonly source: Map<number, readonly Row[]>;
  readonly crash: { next: boolean };
  readonly log: string[];
};

/** Plays one history of `steps` steps, and compares after each. */
export async function playHistory(seed: number, steps: number, absent: Absent = 'remove'): Promise<void> {
  const random = seeded(seed);
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const crash = { next: false };
  await using world = await openWorld({ changeStages: (stages) => stages.map((stage) => crashing(stage, crash)) });
  await world.sql('create table source (day timestamptz, entity text, value float, at timestamptz)');
  const defined = viewOf(random, today, absent);
  await world.apply(defined);
  const { id: viewId } = await requireAppliedView(world.app.database, 'members');
  const history: History = {
    world,
    random,
    view: defined,
    viewId,
    covered: new Map(),
    source: new Map(),
    crash,
    log: [],
  };
  for (let end = today; end > defined.start; end -= DAY_MS) await deliver(history, end);
  for (let step = 0; step < steps; step += 1) {
    await act(history);
    await publishAll(history);
    await compare(history, `seed ${seed}, step ${step}: ${history.log.slice(-12).join(', ')}`);
  }
}

/** Dies between commit and publish, once for each time that it is asked to. */
function crashing(stage: Stage, crash: { next: boolean }): Stage {
  if (stage.name !== 'publish') return stage;
  return {
    ...stage,
    perform: async (run, signal) => {
      if (!crash.next) return stage.perform(run, signal);
      crash.next = false;
      throw new Error('the process died');
    },
  };
}

/** New rows in the source for a day. */
async function deliver({ world, random, source }: History, end: number): Promise<void> {
  const size = random.of([0, 1, 2, 3, 4, 5]);
  const rows = ENTITIES.slice(0, size)
    .map((_, index) => ENTITIES[(index + size) % ENTITIES.length] ?? 'a')
    .map((entity): Row => ({ entity, value: random.below(3), kind: random.of(KINDS) }));
  source.set(end, rows);
  const at = new Date(end).toISOString();
  await world.sql('delete from source where day = $1', [at]);
  for (const { entity, value, kind } of rows) {
    const id = kind === 'anonymous' ? null : kind === 'unreadable' ? `${entity}\t` : entity;
    // A time outside of the interval is refused too; its entity is known.
    const time = kind === 'late' ? new Date(end + 1).toISOString() : at;
    await world.sql('insert into source values ($1, $2, $3, $4)', [at, id, kind === 'nan' ? 'NaN' : value, time]);
  }
}

async function act(history: History): Promise<void> {
  const { world, random, crash, log } = history;
  const action = random.of(['run', 'run', 'run', 'restate', 'restate', 'crash', 'flush', 'delete', 'rebuild'] as const);
  log.push(action);
  if (action === 'flush') await flush(history);
  else if (action === 'delete')
    await history.world.app.online.redis.send([['DEL', `mr:members:${random.of(ENTITIES)}`]]);
  else if (action === 'rebuild')
    await world.app.database.transaction((session) => requestRebuild(session, [history.viewId], 'command'));
  else {
    crash.next = action === 'crash';
    if (action === 'restate') await restate(history);
    await runSome(history);
    crash.next = false;
  }
}

async function flush({ world }: History): Promise<void> {
  await world.app.online.redis.send([['FLUSHDB']]);
}

/** A day gets new rows, and is due again, also where it is held. */
async function restate(history: History): Promise<void> {
  const end = dayOf(history);
  await deliver(history, end);
  const [start, until] = [new Date(end - DAY_MS).toISOString(), new Date(end).toISOString()];
  await history.world.sql(
    `update millrace.coverage set held = held - s, stale = stale + (s * covered)
       from (select tstzmultirange(tstzrange($1::timestamptz, $2::timestamptz)) as s) span`,
    [start, until],
  );
}

function dayOf({ random, view: { start } }: History): number {
  return start + (1 + random.below(DAYS)) * DAY_MS;
}

/** Performs one or two of the planned runs, in any order: the others stay holes. */
async function runSome(history: History): Promise<void> {
  const { world, random } = history;
  const allowRemovals = random.chance(0.15);
  await world.plan('members', { allowRemovals });
  for (let count = 1 + random.below(2); count > 0; count -= 1) {
    const open = await world.sql(
      `select id, (extract(epoch from upper(span)) * 1000)::bigint as "end", (options->>'allowRemovals')::boolean as allows
         from millrace.run where state = 'planned' order by id`,
    );
    if (open.length === 0) return;
    const run = random.of(open);
    const end = Number(run['end']);
    const outcome = await world.perform(Number(run['id']));
    const [found] = await world.sql('select state, error from millrace.run where id = $1', [run['id']]);
    const isStored = commit(history, end, run['allows'] === true);
    history.log.push(
      `${(end / DAY_MS) % 100} ${JSON.stringify(history.source.get(end)?.map((row) => [row.entity, row.kind]))} ${outcome.kind}`,
    );
    const isFailed = ['failed', 'cancelled'].includes(String(found?.['state']));
    expect({ log: history.log.slice(-6), isFailed, error: isFailed ? null : undefined }).toEqual({
      log: history.log.slice(-6),
      isFailed: !isStored,
      error: isStored ? undefined : null,
    });
  }
}

/** What a run of a day does to the model; false if it fails its check. */
function commit({ covered, source, view: defined }: History, end: number, allowRemovals: boolean): boolean {
  const rows = source.get(end) ?? [];
  const accepted = new Map(rows.filter(({ kind }) => kind === 'good').map(({ entity, value }) => [entity, value]));
  const present = new Set(rows.filter(({ kind }) => kind === 'nan' || kind === 'late').map(({ entity }) => entity));
  const stored = covered.get(end)?.rows ?? new Map<string, number>();
  const nan = new Set(rows.filter(({ kind }) => kind === 'nan').map(({ entity }) => entity));
  // A refused row does not erase the stored row of its key.
  const kept = [...stored].filter(([entity]) => !accepted.has(entity) && nan.has(entity));
  const after = new Map([...kept, ...accepted]);
  const before = [...covered]
    .filter(([day, { isReadable }]) => day < end && isReadable)
    .sort(([a], [b]) => b - a)[0]?.[1];
  const hadSome = before !== undefined && before.rows.size + before.present.size > 0;
  const isEmpty = after.size === 0 && present.size === 0;
  const known = covered.get(end);
  // An empty snapshot that was allowed may stay empty.
  const wasEmpty = known?.isReadable === true && known.rows.size + known.present.size === 0;
  const isAllowed = defined.complete?.allowEmpty === true || allowRemovals || wasEmpty;
  if (isEmpty && hadSome && !isAllowed) return false;
  // An empty snapshot does not say who is missing, unless that is allowed.
  const isReadable = (!isEmpty || isAllowed) && rows.every(({ kind }) => kind !== 'unreadable');
  covered.set(end, { rows: after, present, isReadable });
  return true;
}

/** Whether a snapshot stores a row of zeros: it does not have the entity, but the readable one before it or one since does. */
function isZero({ covered }: History, day: number, entity: string): boolean {
  const isIn = ({ rows, present }: Snapshot) => rows.has(entity) || present.has(entity);
  const snapshot = covered.get(day);
  if (snapshot === undefined || !snapshot.isReadable || isIn(snapshot)) return false;
  const earlier = [...covered].filter(([other]) => other < day);
  const before = Math.max(...earlier.filter(([, { isReadable }]) => isReadable).map(([other]) => other));
  return earlier.some(([other, found]) => other >= before && isIn(found));
}

/** The value of an entity with `absent: zero`: its newest row, of the source or of zeros. */
function zeroValueAt(history: History, entity: string, moment: number, now: number) {
  const { covered, view: defined } = history;
  const days = [...covered].filter(([day]) => day <= moment).sort(([a], [b]) => b - a);
  const found = days.find(([day, { rows }]) => rows.has(entity) || isZero(history, day, entity));
  if (found === undefined || (defined.ttlMs !== null && found[0] <= now - defined.ttlMs)) return null;
  return { day: found[0], value: found[1].rows.get(entity) ?? 0 };
}

/** The value of an entity at a moment, and its time: what the newest complete snapshot says. */
function valueAt(history: History, entity: string, moment: number, now: number) {
  if (history.view.complete?.absent === 'zero') return zeroValueAt(history, entity, moment, now);
  const {
    covered,
    view: { ttlMs },
  } = history;
  const days = [...covered].filter(([day]) => day <= moment).sort(([a], [b]) => b - a);
  const newest = days.find(([, { isReadable }]) => isReadable)?.[0] ?? Number.NEGATIVE_INFINITY;
  const found = days.find(([, { rows }]) => rows.has(entity));
  if (found === undefined) return null;
  const isPresent = found[0] >= newest || days.some(([day, { present }]) => day >= newest && present.has(entity));
  if (!isPresent || (ttlMs !== null && found[0] <= now - ttlMs)) return null;
  return { day: found[0], value: found[1].rows.get(entity) };
}

async function publishAll({ world, viewId }: History): Promise<void> {
  const { app } = world;
  const options = { ...app.publisher, viewId, signal: new AbortController().signal };
  await world.sql('update millrace.view set publish_until = millrace.now() where id = $1', [viewId]);
  for (const _ of (await checkSentinel(app)).due) await rebuildView(options);
  await publishDebt(options);
}

async function compare(history: History, why: string): Promise<void> {
  const { world, view: defined } = history;
  const { database, online } = world.app;
  const signal = new AbortController().signal;
  const verified = await verifyView({ database, online, view: defined, signal });
  const now = Date.now();
  // A deleted key may be missing until a rebuild.
  const differences = verified.differences.filter(
    ({ kind }) => !(kind === 'missing' && history.log.includes('delete')),
  );
  expect({ why, differences }).toEqual({ why, differences: [] });
  const wanted = ENTITIES.map((entity) => valueAt(history, entity, Number.POSITIVE_INFINITY, now));
  // At the moment of the expected values: a ttl ends at midnight, which may be between the two.
  const store = { redis: online.redis, prefix: online.prefix };
  const served = await readOnline(store, [defined], [...ENTITIES], { now: epochMsOf(now) });
  const found = ENTITIES.map((entity) => served.get(entity)?.['members']?.values?.['members'] ?? null);
  const isMissing = new Set(verified.differences.map(({ entityId }) => entityId));
  const expected = ENTITIES.map((entity, index) => (isMissing.has(entity) ? null : (wanted[index]?.value ?? null)));
  expect({ why, found }).toEqual({ why, found: expected });
  await compareAsOf(history, why);
}

/** At each bound of a day and a moment around it, read as of then and as a training row. */
async function compareAsOf(history: History, why: string): Promise<void> {
  const { world, view: defined } = history;
  const moments = Array.from({ length: DAYS }, (_, day) => defined.start + (day + 1) * DAY_MS).flatMap((end) => [
    end - 1,
    end,
    end + 3_600_000,
  ]);
  const asked = moments.flatMap((moment) =>
    ENTITIES.map((entity) => ({ entityId: entity, at: epochMicrosOf(moment * 1_000), moment })),
  );
  const wanted = asked.map(({ entityId, moment }) => valueAt(history, entityId, moment, moment)?.value ?? null);
  const rows = await readAsOf(world.app.database, defined, asked, shownAt(defined));
  expect({ why, found: rows.map((row) => row?.values['members'] ?? null) }).toEqual({ why, found: wanted });
  const set = {
    name: 'set',
    delayMs: 0,
    coverage: 'null' as const,
    views: [{ view: 'members', as: 'members', entityColumn: 'entity_id', features: null, ageMaxMs: null }],
  };
  const known = await knownAt(
    world.app.database,
    set,
    asked.map(({ entityId, at }) => ({ entityIds: { entity_id: entityId }, at })),
  );
  const trained = known.map(({ rows: { members }, inHoles }, index) =>
    inHoles.length > 0 ? wanted[index] : (members?.values['members'] ?? null),
  );
  expect({ why, trained }).toEqual({ why, trained: wanted });
}
