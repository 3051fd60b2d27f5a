// The sentinel key: which life of the store this is, and how far each view's publishing has come in it.

import { loadScript, type RedisScript } from '../../redis/script.ts';
import { IDENTITY_COMMANDS, identityOf, type ServerIdentity } from '../../redis/server-facts.ts';
import { hashOfReply, sentinelKey } from '../layout.ts';
import type { OnlineStore } from '../store.ts';

/** The sentinel as Redis has it, and the server that answered. NaN where a field, or the key itself, cannot be read. */
export type FoundSentinel = ServerIdentity & {
  /** Null where there is no sentinel. */
  readonly generation: number | null;
  /** View → number of its last finished publish. */
  readonly finished: ReadonlyMap<string, number>;
  /** View → number of its publish that last began. */
  readonly begun: ReadonlyMap<string, number>;
};

/** Which publish asks, and what it knows: the generation, and the number that last finished. */
export type SentinelStep = {
  readonly generation: number;
  readonly view: string;
  readonly number: number;
  readonly finishedNumber: number;
};

/** What the sentinel says to a step, and which server said it; sentinel.lua explains the answers. */
export type SentinelAnswer = ServerIdentity & { readonly answer: 'ok' | 'lost' | 'differs' | 'fenced' };

const FINISHED = 'view:';
const FENCE = 'fence:';

/** The sentinel's field with the number of the view's publish that last began. */
export function fenceField(view: string): string {
  return `${FENCE}${view}`;
}

/** Reads the sentinel. @throws Failure ONLINE_UNAVAILABLE */
export async function readSentinel(online: OnlineStore, signal?: AbortSignal): Promise<FoundSentinel> {
  const script = await loadScript(new URL('./sentinel-read.lua', import.meta.url));
  const replies = await online.redis.send([evaluation(script, online, []), ...IDENTITY_COMMANDS], signal);
  const fields = hashOfReply(replies[0]);
  const generation = replies[0] === 'unreadable' ? '' : fields.get('generation');
  return {
    ...identityOf(replies),
    generation: generation === undefined ? null : numberOf(generation),
    finished: numbersOf(fields, FINISHED),
    begun: numbersOf(fields, FENCE),
  };
}

function numbersOf(fields: ReadonlyMap<string, string>, prefix: string): Map<string, number> {
  const some = [...fields].filter(([name]) => name.startsWith(prefix));
  return new Map(some.map(([name, text]) => [name.slice(prefix.length), numberOf(text)]));
}

function numberOf(text: string): number {
  return /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
}

/** Begins or finishes a publish: one atomic comparison and change. May be repeated. @throws Failure ONLINE_UNAVAILABLE */
export async function stepSentinel(
  online: OnlineStore,
  kind: 'begin' | 'finish',
  step: SentinelStep,
  signal?: AbortSignal,
): Promise<SentinelAnswer> {
  const script = await loadScript(new URL('./sentinel.lua', import.meta.url));
  const args = [kind, String(step.generation), step.view, String(step.number), String(step.finishedNumber)];
  const replies = await online.redis.send([evaluation(script, online, args), ...IDENTITY_COMMANDS], signal);
  return { ...identityOf(replies), answer: replies[0] as SentinelAnswer['answer'] }; // what sentinel.lua returns
}

/** Replaces the sentinel by what Postgres says. @throws Failure ONLINE_UNAVAILABLE */
export async function replaceSentinel(
  online: OnlineStore,
  generation: number,
  views: readonly SentinelNumbers[],
): Promise<void> {
  const script = await loadScript(new URL('./sentinel-reset.lua', import.meta.url));
  const fields = ['generation', String(generation), ...views.flatMap(fieldsOf)];
  await online.redis.send([evaluation(script, online, fields)]);
}

/** Sets the numbers of views back to what Postgres says, and leaves the other views alone. */
export async function resetNumbers(online: OnlineStore, views: readonly SentinelNumbers[]): Promise<void> {
  await online.redis.send([['HSET', sentinelKey(online.prefix), ...views.flatMap(fieldsOf)]]);
}

type SentinelNumbers = { readonly name: string; readonly publishNumber: number; readonly finishedNumber: number };

function fieldsOf({ name, publishNumber, finishedNumber }: SentinelNumbers): string[] {
  return [`${FINISHED}${name}`, String(finishedNumber), fenceField(name), String(publishNumber)];
}

function evaluation(script: RedisScript, { prefix }: OnlineStore, args: string[]) {
  return ['EVAL', script.text, '1', sentinelKey(prefix), ...args] as const;
}
