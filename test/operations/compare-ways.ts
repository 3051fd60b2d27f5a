// Does a verb in each of its ways, in equal worlds, and compares what it leaves.

import { hostname } from 'node:os';
import { expect } from 'vitest';
import { act, otherWaysOf, type Verb, WAYS, type Way } from './verbs.ts';
import { openOperated } from './worlds.ts';

type Operation = {
  readonly verb: string;
  readonly failure: string | null;
  readonly kind: string;
  readonly name: string;
};

/** The new operations of the audit, and the world after the verb without the actors of the audit. */
async function done(verb: Verb, way: Way) {
  const world = await openOperated();
  await verb.given?.(world);
  const before = await world.database.query('select from millrace.audit');
  await act(world, verb, way);
  const operations = await world.database.query<Operation>(
    `select verb, failure, actor_kind as kind, actor_name as name from millrace.audit order by id offset $1`,
    [before.length],
  );
  await world.database.run(`update millrace.audit set actor_kind = 'command', actor_name = null, actor_role = null`);
  return { operations, rows: await world.rows() };
}

/** Each way leaves the rows and jobs that the command leaves, and one row in the audit. `failure` is the code of a refusal. */
export async function compareWays(verb: Verb, failure: string | null): Promise<void> {
  const name = verb.verb.replace(/,.*/, '');
  const typed = await done(verb, 'typed');
  expect(typed.operations).toEqual([{ verb: name, failure, kind: 'command', name: `ada@${hostname()}` }]);
  const others = otherWaysOf(verb);
  expect(others).not.toEqual([]);
  for (const way of others) {
    const { operations, rows } = await done(verb, way);
    const actor = { kind: WAYS[way], name: way === 'started' ? expect.any(String) : 'ada' };
    expect({ way, operations }).toEqual({ way, operations: [{ verb: name, failure, ...actor }] });
    expect({ way, rows }).toEqual({ way, rows: typed.rows });
  }
}
