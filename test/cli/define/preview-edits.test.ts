// millrace preview of an edited view: what a run would change once the edit is deployed.

import { beforeAll, describe, expect, test } from 'vitest';
import { type CommandWorld, openCommandWorld } from '../world.ts';

/** A view over `placed` with these features, each of which is a column or an expression. */
function orders(features: readonly (readonly [name: string, type: string, sql: string])[]): string {
  const lines = features.map(([name, type]) => `  - { name: ${name}, type: ${type}, nullable: true }`);
  return `name: orders
entity: customer
source: shop
kind: events
interval: 1d
start: 2026-01-01
end: 2026-01-02
features:
${lines.join('\n')}
query: |
  select customer as entity_id, at as timestamp, ${features.map(([name, , sql]) => `${sql} as ${name}`).join(', ')}
    from placed where at >= {{start}} and at < {{end}}
`;
}

const AMOUNT = ['amount', 'int', 'amount'] as const;
const WORD = ['word', 'string', 'word'] as const;

let world: CommandWorld;

type Run = { readonly counts: Readonly<Record<string, number>>; readonly changes: readonly object[] };

async function previewOf(view: string): Promise<{ code: number | null; run: Run | undefined; stderr: string }> {
  await world.write({ 'features/orders.yaml': view });
  const { code, stdout, stderr } = await world.millrace('preview orders --from 2026-01-01 --json');
  const { runs = [] } = (stdout === '' ? {} : JSON.parse(stdout)) as { runs?: Run[] }; // our own JSON
  return { code, run: runs[0], stderr };
}

beforeAll(async () => {
  world = await openCommandWorld({ 'features/orders.yaml': orders([AMOUNT, WORD]) });
  await world.database.run('create table placed (customer text, at timestamptz, amount int, word text, lines int)');
  await world.database.run(`insert into placed values
    ('ada', '2026-01-01 10:00Z', 5, '7', 2), ('bob', '2026-01-01 11:00Z', 6, '8', 3), ('cyd', '2026-01-01 12:00Z', 7, '9', null)`);
  await world.millrace('run orders --here');
});

describe('preview of an edit', () => {
  test('compares a feature that is not stored yet with null', async () => {
    const { code, run } = await previewOf(orders([AMOUNT, WORD, ['lines', 'int', 'lines']]));
    expect({ code, counts: run?.counts }).toMatchObject({
      code: 0,
      counts: { inserted: 0, changed: 2, unchanged: 1, removed: 0 },
    });
    expect(run?.changes[0]).toMatchObject({
      before: { amount: '5', word: '7', lines: null },
      after: { amount: '5', word: '7', lines: '2' },
    });
  });

  test.each([
    ['decimal', 'amount::numeric', { changed: 0, unchanged: 3 }],
    ['decimal', 'amount + 0.5', { changed: 3, unchanged: 0 }],
    ['float', 'amount::float8', { changed: 0, unchanged: 3 }],
    ['string', 'amount::text', { changed: 0, unchanged: 3 }],
    ['json', 'to_json(amount)', { changed: 0, unchanged: 3 }],
  ])('compares values of another type as a deployment converts them: %s of %s', async (type, sql, counts) => {
    const { code, run, stderr } = await previewOf(orders([['amount', type, sql], WORD]));
    expect({ code, stderr, counts: run?.counts }).toMatchObject({ code: 0, stderr: '', counts });
  });

  test('names the feature with stored values that do not fit its new type', async () => {
    const edited = orders([AMOUNT, ['word', 'bool', "word = 'x'"]]);
    const { code, stderr } = await previewOf(edited);
    expect(code).toBe(1);
    expect(stderr).toContain('Feature word of orders cannot be changed to bool: stored text values do not fit (');
    const redacted = await previewOf(`${edited}redacted: true\n`);
    expect(redacted.stderr).toContain('stored text values do not fit (SQLSTATE 22P02). Give the feature a new name');
  });

  test('compares more features than a function of Postgres has arguments', async () => {
    const more = Array.from({ length: 120 }, (_, index) => [`f${index}`, 'int', `lines + ${index}`] as const);
    const { code, run, stderr } = await previewOf(orders([AMOUNT, WORD, ...more]));
    expect({ code, stderr, counts: run?.counts }).toMatchObject({ code: 0, stderr: '', counts: { changed: 2 } });
    expect(run?.changes[1]).toMatchObject({ before: { f119: null }, after: { f119: '122' } });
  });
});
