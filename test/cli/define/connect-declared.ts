// What validate --connect refuses in views with `from`, the same on every source with SQL.

import { expect, test } from 'vitest';
import { CONFIG, type CommandWorld, openCommandWorld } from '../world.ts';

export const ROWS = `('ada', 'yes'), ('bob', 'no'), ('ADA', 'no'), (null, 'a'), (null, 'b')`;
export const ROWS_TWICE = `('ada', 'yes'), ('bob', 'no'), ('ada', 'no')`;

type Keys = { readonly from?: string; readonly features?: readonly string[]; readonly extra?: string };

const FROM = 'table: user_events, entity_id: user_id, timestamp: at';
export const SUM = '{ name: spend, type: float, aggregate: sum, column: amount, window: [1d, 7d] }';
export const LOOKUP = '{ name: kyc, type: string, aggregate: lookup, table: profiles, column: kyc }';

/** The features begin in line 9. */
export function definition(source: string, { from = FROM, features = [SUM, LOOKUP], extra = '' }: Keys): string {
  return `name: spend
entity: user
source: ${source}
kind: snapshot
interval: 1d
start: 2026-01-01
from: { ${from} }
features:
${features.map((feature) => `  - ${feature}\n`).join('')}${extra}`;
}

/** A project with one more source, `warehouse`. */
export function openWarehouse(url: string, dialect: string): Promise<CommandWorld> {
  const sources = `sources:\n  warehouse: { url: "\${WAREHOUSE_URL}", dialect: ${dialect} }`;
  return openCommandWorld({
    'millrace.yaml': CONFIG.replace('sources:', sources),
    '.env': `WAREHOUSE_URL=${url}\n`,
  });
}

export async function connected(world: CommandWorld, source: string, keys: Keys) {
  await world.write({ 'features/spend.yaml': definition(source, keys) });
  const { code, stderr } = await world.millrace('validate --connect');
  return { code, stderr };
}

const REFUSED: readonly (readonly [name: string, keys: Keys, expected: RegExp])[] = [
  [
    'a sum over text',
    { features: [SUM.replace('amount', 'note')] },
    /:9:57: SOURCE_SHAPE: `sum` of spend needs numbers, but note is /,
  ],
  [
    'a median of text, of a feature after others',
    { features: [SUM, '{ name: middle, type: float, aggregate: median, column: note }'] },
    /:10:61: SOURCE_SHAPE: `median` of spend needs numbers, but note is /,
  ],
  ['an unknown column', { features: [SUM.replace('amount', 'amuont')] }, /:9:57: SOURCE_QUERY: .*amuont/],
  [
    'an unknown column in a filter',
    { features: [SUM.replace('window', 'where: { contry: DE }, window')] },
    /:9:\d+: SOURCE_QUERY: .*contry/,
  ],
  ['an unknown time', { from: FROM.replace('timestamp: at', 'timestamp: att') }, /:7:\d+: SOURCE_QUERY: .*att/],
  ['an unknown table', { from: FROM.replace('user_events', 'user_event') }, /:7:16: SOURCE_QUERY: .*user_event/],
  [
    'an unknown column of a lookup',
    { features: [SUM, LOOKUP.replace('column: kyc', 'column: kyk')] },
    /:10:\d+: SOURCE_QUERY: .*kyk/,
  ],
  [
    'a text compared with a time',
    { features: [SUM.replace('window', 'where: { seen: 2026-09-08 }, window')] },
    /:9:\d+: SOURCE_SHAPE: View spend: seen is .*, which is compared with a string; compare times with `gte`, `lt` or `between`/,
  ],
  [
    'a text compared with a number, in `from`',
    { from: `${FROM}, where: { amount: { not_in: ["1"] } }` },
    /:7:\d+: SOURCE_SHAPE: View spend: amount is .*, which is compared with a string; write the number without quotes/,
  ],
  [
    'a number compared with a string',
    { features: [SUM.replace('window', 'where: { any: [{ note: 1 }] }, window')] },
    /:9:\d+: SOURCE_(SHAPE: View spend: note is .*, which is compared with a number; write the value in quotes|QUERY)/,
  ],
  [
    'an exact sum of a column with floats',
    { features: [SUM.replace('type: float', 'type: decimal')] },
    /:7:\d+: SOURCE_SHAPE: View spend: spend_1d is (double|Nullable\(Float64\)|Float64).*, expected int or decimal/,
  ],
  [
    'a lookup that finds two rows',
    { features: [SUM, LOOKUP.replace('profiles', 'twice, entity_id: uid')] },
    /:10:58: SOURCE_SHAPE: twice has more than one row with the same uid, for example for uid ada\. A lookup needs one row per entity/,
  ],
];

/** The tests of a source whose tables have ROWS. */
export function declaredTests(source: string, worldOf: () => CommandWorld): void {
  test.each(REFUSED)('refuses %s', async (_name, keys, expected) => {
    const { code, stderr } = await connected(worldOf(), source, keys);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(expected) });
  });

  test('accepts a valid view, also if keys are null or differ in case', async () => {
    expect(await connected(worldOf(), source, {})).toEqual({ code: 0, stderr: '' });
  });
}
