import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joinParts, splitParts } from '../../src/core/entity-id.ts';
import { joinedSql, partsSql } from '../../src/offline/parts-sql.ts';
import { parts } from '../support/hard-parts.ts';
import { openWorld, type World } from '../support/world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];

/** The parts of each id, and the id of these parts, as Postgres computes them. */
async function computed(world: World, ids: readonly string[], count: number) {
  const columns = partsSql({ entity: NAMES.slice(0, count).join('|') }, 'id');
  const names = columns.map(({ column }) => column);
  return world.sql(
    `select to_json(array[${names.join(', ')}]) as parts, ${joinedSql(names)} as id
       from (select ${columns.map(({ column, sql }) => `${sql} as ${column}`).join(', ')}, place
               from unnest($1::text[]) with ordinality t (id, place)) rows order by place`,
    [ids],
  );
}

describe('partsSql', () => {
  test('reads the parts that joinParts has joined, and joinedSql joins them again', async () => {
    await using world = await openWorld();
    for (const count of [2, 3, 4, 5]) {
      const lists = fc.sample(
        parts.filter((list) => list.length >= count).map((list) => list.slice(0, count)),
        400,
      );
      const ids = lists.map(joinParts);
      expect(await computed(world, ids, count)).toEqual(lists.map((list, index) => ({ parts: list, id: ids[index] })));
    }
  });

  test('is null for every id without these parts', async () => {
    await using world = await openWorld();
    const ids = fc.sample(fc.string({ unit: fc.constantFrom('|', '\\', 'a'), maxLength: 8 }), 1_000);
    const nothing = { parts: [null, null], id: null };
    expect(await computed(world, ids, 2)).toEqual(
      ids.map((id) => {
        const found = splitParts(id, 2);
        return found === null ? nothing : { parts: found, id };
      }),
    );
  });
});
