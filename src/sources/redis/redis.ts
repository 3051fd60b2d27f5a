// The current values of a Redis server: keys are found with SCAN, and read in pipelines of strings or hashes.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { withoutSecrets } from '../../core/url.ts';
import { redisUrl } from '../../definition/connections/redis-url.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Redis } from '../../redis/connection.ts';
import { openRedis } from '../../redis/connection.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { type Extraction, hasSameColumns, type Source, type SourceKind, type SourceOptions } from '../source.ts';
import { redisColumns } from './columns.ts';
import { keyBatches } from './keys.ts';
import { valuesOf } from './values.ts';

export const redisSource: SourceKind = {
  name: 'redis',
  schemes: ['redis', 'rediss'],
  needs: 'keys',
  dialect: 'duckdb', // no view over it has a query
  open: (options) => {
    const label = `source ${options.name} (${withoutSecrets(options.url)})`;
    const { clock, idleTimeoutMs: deadlineMs, renewed } = options;
    const connectionName = `millrace source ${options.name}`;
    const connect = async () => {
      const url = renewed === undefined ? options.url : redisUrl((await renewed()).url, label);
      // A reading stays on its connection: a cursor is worthless on a server that was restarted.
      const codes = { unavailable: 'SOURCE_UNAVAILABLE', denied: 'SOURCE_DENIED' } as const;
      const login = renewed === undefined ? {} : ({ login: 'SOURCE_CREDENTIALS' } as const);
      const role = { label, ...codes, ...login };
      return openRedis({ url, clock, deadlineMs, connectionName }, { role, reconnects: 0 });
    };
    return openedSource({ connect, label, options });
  },
};

type Opened = { connect(): Promise<Redis>; readonly label: string; readonly options: SourceOptions };

function openedSource(opened: Opened): Source {
  return {
    async probe(signal) {
      signal.throwIfAborted();
      await using redis = await opened.connect();
      await serverIdOf(redis, opened, signal);
    },
    async describe({ view }, signal) {
      requireKeys(view, opened);
      await this.probe(signal);
      return redisColumns(view).map(({ name, type, nativeType }) => ({ name, type, nativeType }));
    },
    read: (extraction, signal) => readRows(opened, extraction, signal),
    async [Symbol.asyncDispose]() {},
  };
}

async function* readRows(opened: Opened, extraction: Extraction, signal: AbortSignal): AsyncGenerator<RowBatch> {
  const { view } = extraction;
  const { options, label } = opened;
  const keys = requireKeys(view, opened);
  const columns = redisColumns(view);
  if (!hasSameColumns(extraction, columns)) throw new RangeError(`${view.name} was described with other columns`);
  signal.throwIfAborted();
  await using redis = await opened.connect();
  const now = new Date(options.clock.now()).toISOString();
  const before = await serverIdOf(redis, opened, signal);
  const reading = { redis, view, label, now, columns, signal };
  for await (const found of keyBatches(redis, keys, options.batchRows, signal)) yield* valuesOf(reading, found);
  if ((await serverIdOf(redis, opened, signal)) !== before) throw restarted(opened, view);
}

/**
 * The id of the server: another one after a restart, or on another server behind the same address.
 *
 * @throws Failure SOURCE_DENIED for a node of a cluster.
 */
async function serverIdOf(redis: Redis, { label, options }: Opened, signal: AbortSignal): Promise<string> {
  const [info] = await redis.send([['INFO', 'server']], signal);
  if (/^redis_mode:cluster/m.test(String(info))) {
    const what = text`${safe(label)} is a node of a Redis Cluster, which has only some of the keys; Redis Cluster is not supported. Use a server that has all keys.`;
    throw new Failure('SOURCE_DENIED', what, { source: options.name });
  }
  return /^run_id:(\w+)/m.exec(String(info))?.[1] ?? '';
}

function requireKeys(view: FeatureView, { options }: Opened): string {
  if (view.keys !== undefined) return view.keys;
  throw new Failure(
    'DEFINITION_INVALID',
    text`View ${safe(view.name)} has no \`keys\`, but its source ${safe(options.name)} is a Redis server. Add \`keys\`, such as user:{entity_id}, or choose another source.`,
    { view: view.name, source: options.name },
  );
}

function restarted({ label }: Opened, { name }: FeatureView): Failure {
  const what = text`View ${safe(name)}: ${safe(label)} was restarted or replaced during the read, so keys may have been missed; the read will be retried.`;
  return new Failure('SOURCE_UNAVAILABLE', what, { view: name });
}
