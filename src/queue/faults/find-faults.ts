// Detects queues that another program has paused, limited or damaged. BullMQ then silently delivers nothing: runs stay
// planned, and their jobs look normal.

import type { Queue } from 'bullmq';
import { Failure } from '../../core/failure.ts';
import { text } from '../../core/message.ts';
import { namesOf, textsOf } from '../../redis/reply.ts';
import type { QueueFault } from '../../state/queue-faults.ts';
import type { Queues } from '../queues.ts';

/** The keys of a BullMQ queue, and their types. */
const KEY_TYPES: Readonly<Record<string, string>> = {
  wait: 'list',
  active: 'list',
  paused: 'list',
  delayed: 'zset',
  prioritized: 'zset',
  'waiting-children': 'zset',
  completed: 'zset',
  failed: 'zset',
  stalled: 'set',
  'stalled-check': 'string',
  repeat: 'zset',
  marker: 'zset',
  events: 'stream',
  limiter: 'string',
  meta: 'hash',
  id: 'string',
  pc: 'string',
};
const NAMES = Object.keys(KEY_TYPES);
/** Counters, which must be incrementable numbers. */
const COUNTERS = ['id', 'pc'];
/** Limits that Millrace never sets. */
const LIMITS = ['concurrency', 'max', 'duration'];

/** The faults of the queues; costs two round trips per queue. @throws Failure QUEUE_UNAVAILABLE */
export async function findQueueFaults(queues: Queues): Promise<QueueFault[]> {
  const found: QueueFault[] = [];
  for (const queue of [queues.tick, queues.run, queues.backfill]) found.push(...(await faultsOf(queues, queue)));
  return found;
}

async function faultsOf(queues: Queues, queue: Queue): Promise<QueueFault[]> {
  const damaged = [...(await damagedKeys(queues, queue)), ...(await damagedSchedules(queues, queue))];
  const faults = damaged.map(({ key, found }): QueueFault => ({ queue: queue.name, kind: 'damaged', key, found }));
  const isDamaged = (name: string) => damaged.some(({ key }) => key === name);
  if (isDamaged('meta')) return faults;
  const [meta, limiter] = await replies(queues, [
    ['hmget', queue.toKey('meta'), 'paused', ...LIMITS],
    ['exists', queue.toKey('limiter')],
  ]);
  const [paused = null, ...limits] = textsOf(meta);
  if (paused !== null) faults.push({ queue: queue.name, kind: 'paused', key: '', found: '' });
  const set = LIMITS.flatMap((name, index) => (limits[index] == null ? [] : [`${name} ${limits[index]}`]));
  if (limiter === 1 && !isDamaged('limiter')) set.push('rate limit');
  if (set.length > 0) faults.push({ queue: queue.name, kind: 'limited', key: '', found: set.join(', ') });
  return faults;
}

type Damaged = { readonly key: string; readonly found: string };

async function damagedKeys(queues: Queues, queue: Queue): Promise<Damaged[]> {
  const types = await replies(
    queues,
    NAMES.map((name) => ['type', queue.toKey(name)]),
  );
  const damaged = NAMES.flatMap((key, index) => wrongType(key, types[index], KEY_TYPES[key] ?? ''));
  const counters = COUNTERS.filter((name) => types[NAMES.indexOf(name)] === 'string');
  const values = await replies(
    queues,
    counters.map((name) => ['get', queue.toKey(name)]),
  );
  // BullMQ may have deleted one in the meantime.
  const unusable = counters.filter((_, index) => !/^\d{1,15}$/.test(String(values[index] ?? 0)));
  return [...damaged, ...unusable.map((key) => ({ key, found: 'not a number' }))];
}

/** The hash of each schedule; only the tick queue has schedules. */
async function damagedSchedules(queues: Queues, queue: Queue): Promise<Damaged[]> {
  if (queue !== queues.tick) return [];
  const [type] = await replies(queues, [['type', queue.toKey('repeat')]]);
  if (type !== 'zset') return [];
  const [names] = await replies(queues, [['zrange', queue.toKey('repeat'), '0', '-1']]);
  const keys = namesOf(names).map((name) => `repeat:${name}`);
  const types = await replies(
    queues,
    keys.map((key) => ['type', queue.toKey(key)]),
  );
  return keys.flatMap((key, index) => wrongType(key, types[index], 'hash'));
}

function wrongType(key: string, type: unknown, expected: string): Damaged[] {
  return type === 'none' || type === expected ? [] : [{ key, found: `${String(type)} instead of ${expected}` }];
}

async function replies(queues: Queues, commands: readonly (readonly string[])[]): Promise<unknown[]> {
  if (commands.length === 0) return [];
  const results = await queues.exchange((connection) => connection.pipeline(commands.map((one) => [...one])).exec());
  return (results ?? []).map(([error, reply]) => {
    if (error !== null) throw new Failure('QUEUE_UNAVAILABLE', text`The queue returned an error: ${error.message}.`);
    return reply;
  });
}
