// The sentinel key: which life of the store this is, and how far each view's publishing has come in it.

import { loadScript, type RedisScript } from '../redis/script.ts';
import { IDENTITY_COMMANDS, identityOf, type ServerIdentity } from '../redis/server-facts.ts';
import { hashOfReply, sentinelKey } from './layout.ts';
import type { OnlineStore } from './store.ts';

/** The sentinel as Redis has it, and the server that answered. */
export type FoundSentinel = ServerIdentity & {
  /** Null where there is no sentinel. */
  readonly generation: number | null;
  /** View → number of its last finished publish. */
  readonly finished: ReadonlyMap<string, number>;
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
  const replies = await online.redis.send([['HGETALL', sentinelKey(online.prefix)], ...IDENTITY_COMMANDS], signal);
  const fields = hashOfReply(replies[0]);
  const generation = fields.get('generation');
  const finished = [...fields].filter(([name]) => name.startsWith(FINISHED));
  return {
    ...identityOf(replies),
    generation: generation === undefined ? null : Number(generation),
    finished: new Map(finished.map(([name, number]) => [name.slice(FINISHED.length), Number(number)])),
  };
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
  views: readonly { name: string; publishNumber: number; finishedNumber: number }[],
): Promise<void> {
  const script = await loadScript(new URL('./sentinel-anew.lua', import.meta.url));
  const fields = views.flatMap(({ name, publishNumber, finishedNumber }) => [
    [`${FINISHED}${name}`, String(finishedNumber)],
    [fenceField(name), String(publishNumber)],
  ]);
  await online.redis.send([evaluation(script, online, ['generation', String(generation), ...fields.flat()])]);
}

/** Sets the last finished numbers of views back to what Postgres says, and leaves the other views alone. */
export async function resetFinished(
  online: OnlineStore,
  views: readonly { name: string; finishedNumber: number }[],
): Promise<void> {
  const fields = views.flatMap(({ name, finishedNumber }) => [`${FINISHED}${name}`, String(finishedNumber)]);
  await online.redis.send([['HSET', sentinelKey(online.prefix), ...fields]]);
}

function evaluation(script: RedisScript, { prefix }: OnlineStore, args: string[]) {
  return ['EVAL', script.text, '1', sentinelKey(prefix), ...args] as const;
}
