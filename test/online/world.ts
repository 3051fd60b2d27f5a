// Both stores with one view in them, and commits like the engine's, for tests of what publishing makes of them.

import { systemClock } from '../../src/core/clock.ts';
import { epochMsOf } from '../../src/core/instant.ts';
import { type Interval, interval } from '../../src/core/interval.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { replaceRange } from '../../src/offline/replace.ts';
import { offlineTable } from '../../src/offline/table.ts';
import { entityOfKey, entityPattern, hashOfReply } from '../../src/online/layout.ts';
import type { PublisherOptions } from '../../src/online/lease.ts';
import type { Published } from '../../src/online/publication.ts';
import { type CommittedRun, publishDebt, publishRun } from '../../src/online/publish.ts';
import type { OnlineStore } from '../../src/online/store.ts';
import { type Database, identifier, openDatabase } from '../../src/postgres/database.ts';
import { rangeLiteral } from '../../src/postgres/range.ts';
import type { Session } from '../../src/postgres/session.ts';
import { openRedis } from '../../src/redis/connection.ts';
import type { RedisReply } from '../../src/redis/replies.ts';
import { lockCoverage } from '../../src/state/locks.ts';
import { migrate } from '../../src/state/migrate.ts';
import { changesAfter, readCommitBase } from '../../src/state/runs/commit-base.ts';
import { noteRemoved } from '../../src/state/runs/removed.ts';
import { NO_COUNTS, type Run } from '../../src/state/runs/run.ts';
import { recordCovered, redefinedSpans } from '../../src/state/views/coverage.ts';
import { deployViewRows, requireAppliedView } from '../../src/state/views/views.ts';
import { freshRedis, migratedDatabase } from '../support/servers.ts';
import { at, feature, fingerprinted, view as viewOf } from '../support/views.ts';

/** Entity, event time (ISO), then a value per feature as Postgres reads it. */
export type Row = readonly [entity: string, time: string, ...values: (string | null)[]];
export type Committed = CommittedRun;

export type OnlineWorld = AsyncDisposable & {
  readonly database: Database;
  readonly online: OnlineStore;
  readonly view: FeatureView;
  readonly viewId: number;
  readonly publisher: PublisherOptions;
  /** Replaces a span's rows, as the commit of a run does. */
  commit(span: Interval | null, rows: readonly Row[], viewId?: number): Promise<Committed>;
  publish(run: Committed): Promise<Published | null>;
  workOffDebt(): Promise<Published | null>;
  redis(name: string, ...args: string[]): Promise<RedisReply>;
  /** Entity → its hash without `_rev`, tombstones left out. */
  onlineRows(): Promise<Map<string, Record<string, string>>>;
  setNow(iso: string): Promise<void>;
};

export const DAY_MS = 86_400_000;

/** A view of events, three features, without ttl. */
export function eventsView(extra: Partial<FeatureView> = {}): FeatureView {
  return viewOf({
    name: 'orders',
    kind: 'events',
    end: null,
    features: [feature('amount', 'float')],
    query: 'select entity_id, timestamp, amount from orders where t >= {{start}} and t < {{end}}',
    ...extra,
  });
}

/** Days `from` up to `to` after 2026-01-01. */
export function days(from: number, to = from + 1): Interval {
  const start = at('2026-01-01');
  return interval(epochMsOf(start + from * DAY_MS), epochMsOf(start + to * DAY_MS));
}

/** An instant of day `day` after 2026-01-01, `seconds` into it. */
export function onDay(day: number, seconds = 0): string {
  return new Date(at('2026-01-01') + day * DAY_MS + seconds * 1_000).toISOString();
}

export function openPostgres(url: string, idleInTransactionMs = 30_000): Database {
  return openDatabase({
    url,
    role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 8,
    connectTimeoutMs: 30_000,
    idleInTransactionMs,
    applicationName: 'millrace-test',
  });
}

export async function openOnlineWorld(
  view: FeatureView = eventsView(),
  urls: { postgres?: string; redis?: string } = {},
): Promise<OnlineWorld> {
  const resources = new AsyncDisposableStack();
  const database = resources.use(openPostgres(urls.postgres ?? (await migratedDatabase())));
  const url = urls.redis ?? (await freshRedis());
  const clock = systemClock;
  const redis = resources.use(openRedis({ url, clock, deadlineMs: 30_000, connectionName: 'millrace-test' }));
  const online: OnlineStore = { redis, prefix: 'mr', clock };
  if (urls.postgres !== undefined) await migrate(database);
  await deployViewRows(database, [fingerprinted(view)]);
  const { id: viewId } = await requireAppliedView(database, view.name);
  const signal = new AbortController().signal;
  const publisher = { database, leases: database, online, viewId, owner: 'test', leaseMs: 30_000, signal };
  return {
    database,
    online,
    view,
    viewId,
    publisher,
    commit: (span, rows, id = viewId) => database.transaction((session) => commit(session, view, id, span, rows)),
    publish: (run) => publishRun({ ...publisher, run }),
    workOffDebt: () => publishDebt(publisher),
    redis: async (name, ...args) => (await redis.send([[name, ...args]]))[0] ?? null,
    onlineRows: () => onlineRows(online, view.name),
    setNow: async (iso) => {
      await database.run(
        `create or replace function millrace.now() returns timestamptz language sql volatile
         as $$ select timestamptz '${iso}' $$`,
      );
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function commit(
  session: Session,
  view: FeatureView,
  viewId: number,
  span: Interval | null,
  rows: readonly Row[],
): Promise<Committed> {
  await lockCoverage(session, viewId);
  const runId = await insertRun(session, viewId, span);
  await stage(session, view, rows);
  const base = await readCommitBase(session, {
    id: runId,
    epoch: 0,
    viewId,
    view,
    span,
    stagingTable: 'pg_temp.staged',
  });
  if (base === null) throw new Error('nothing is staged');
  const replacement = {
    view,
    runId,
    noteRemoved: noteRemoved(viewId, runId),
    span,
    staging: 'pg_temp.staged',
    refused: null,
    redefined: redefinedSpans(viewId),
    mayHoldRows: base.mayHoldRows,
    duplicates: 'unlikely',
  } as const;
  const replaced = await replaceRange(session, replacement, rows.length);
  const counts = { ...NO_COUNTS, ...replaced.counts };
  await session.run('update millrace.run set counts = $2, changes_after = $3 where id = $1', [
    runId,
    JSON.stringify(counts),
    changesAfter(base, counts),
  ]);
  await recordCovered(session, { id: runId, viewId, span, counts } as Run); // all that it reads of a run
  return { id: runId, span };
}

async function insertRun(session: Session, viewId: number, span: Interval | null): Promise<number> {
  const [run] = await session.query<{ id: number }>(
    `insert into millrace.run (view_id, span, reason, fingerprint, state, stage, committed_at)
     values ($1, $2::tstzrange, 'manual', '', 'committed', 'publish', millrace.now()) returning id`,
    [viewId, rangeLiteral(span)],
  );
  return run?.id ?? 0;
}

async function stage(session: Session, view: FeatureView, rows: readonly Row[]): Promise<void> {
  const features = view.features.map((one) => identifier(one.name)).join(', ');
  await session.run(
    `create temp table staged on commit drop as
     select entity_id, event_timestamp, ${features} from ${offlineTable(view)} with no data`,
  );
  for (const row of rows) {
    const places = row.map((_, index) => `$${index + 1}`);
    await session.run(`insert into staged values (${places.join(', ')})`, row);
  }
}

/** Entity → its hash without `_rev`, tombstones left out. */
export async function onlineRows(online: OnlineStore, view: string): Promise<Map<string, Record<string, string>>> {
  const found = new Map<string, Record<string, string>>();
  for (const key of await keysLike(online, entityPattern(online.prefix, view))) {
    const [reply] = await online.redis.send([['HGETALL', key]]);
    const { _rev, ...row } = Object.fromEntries(hashOfReply(reply));
    if (row['_ts'] !== undefined) found.set(entityOfKey(online.prefix, view, key), row);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function keysLike(online: OnlineStore, pattern: string): Promise<string[]> {
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [reply] = await online.redis.send([['SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000']]);
    const [next, found] = reply as [string, string[]]; // what SCAN replies
    keys.push(...found);
    cursor = next;
  } while (cursor !== '0');
  return [...new Set(keys)];
}
