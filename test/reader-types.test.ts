// What the typed library does not take: each wrong call has to be an error of the compiler, which `npm run check` reports.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { typesText } from '../src/cli/define/types.ts';
import type { EpochMicros, Reader } from '../src/index.ts';
import { feature, view } from './support/views.ts';

type Features = {
  orders: { entity: 'customer'; features: { amount: number; lines: bigint | null } };
  spend: { entity: 'customer'; features: { spend: string } };
  stock: { entity: 'product'; features: { left: bigint } };
};

const label = { entityId: 'ada', at: new Date(0), churned: true, product: 'tea' };

/** Never called: only its types count. */
async function typed(reader: Reader<Features>): Promise<void> {
  const online = await reader.readOnline(['orders', 'spend'], ['ada']);
  const row = online.get('ada')?.orders;
  expectTypeOf(row?.values.amount).toEqualTypeOf<number | undefined>();
  expectTypeOf(row?.values.lines).toEqualTypeOf<bigint | null | undefined>();
  expectTypeOf(row?.eventTime).toEqualTypeOf<EpochMicros | undefined>();
  const [first] = await reader.readAsOf('spend', [label]);
  expectTypeOf(first?.values.spend).toEqualTypeOf<string | undefined>();
  const [both] = await reader.readAsOf(['orders', 'spend'], [label], { signal: new AbortController().signal });
  expectTypeOf(both?.spend?.values.spend).toEqualTypeOf<string | undefined>();
  const views = [
    'spend',
    { view: 'orders', features: ['amount'], as: 'last', ageMax: '7d' },
    { view: 'stock', entityId: 'product' },
  ] as const;
  for await (const { label: same, rows } of reader.trainingSet({ views, labels: [label] })) {
    expectTypeOf(same.churned).toEqualTypeOf<boolean>();
    expectTypeOf(rows.last?.values.amount).toEqualTypeOf<number | undefined>();
    expectTypeOf(rows.spend?.values.spend).toEqualTypeOf<string | undefined>();
    expectTypeOf(rows.stock?.values.left).toEqualTypeOf<bigint | undefined>();
    // @ts-expect-error a feature that was not asked for
    rows.last?.values.lines;
    // @ts-expect-error a view that was not asked for
    rows.orders;
  }

  // @ts-expect-error a view that does not exist
  await reader.readOnline(['order'], ['ada']);
  // @ts-expect-error views of two entities
  await reader.readOnline(['orders', 'stock'], ['ada']);
  // @ts-expect-error a view that does not exist
  await reader.readAsOf('order', [label]);
  // @ts-expect-error views of two entities
  await reader.readAsOf(['orders', 'stock'], [label]);
  // @ts-expect-error a feature that does not exist
  row?.values.amounts;
  // @ts-expect-error a value of another type
  const wrong: string | undefined = row?.values.amount;
  // @ts-expect-error a moment that is a string
  await reader.readAsOf('spend', [{ entityId: 'ada', at: '2026-01-01' }]);
  // @ts-expect-error an entity that is a number
  await reader.readAsOf('spend', [{ entityId: 17, at: new Date(0) }]);
  // @ts-expect-error a view that does not exist
  reader.trainingSet({ views: ['order'], labels: [label] });
  // @ts-expect-error a feature that does not exist
  reader.trainingSet({ views: [{ view: 'orders', features: ['amounts'] }], labels: [label] });
  void wrong;
}

const compiler = resolve('node_modules/typescript-compiler/bin/tsc');

/** The typed example of the documentation. */
const EXAMPLE =
  [...readFileSync('docs/reference/library.md', 'utf8').matchAll(/```ts\n(.*?)```/gs)]
    .map(([, code = '']) => code)
    .find((code) => code.includes('openReader<Features>')) ?? '';

function compile(example: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-types-'));
  try {
    const views = [
      view({
        name: 'customer_orders',
        description: 'Orders */ of a customer',
        features: [feature('order_amount', 'float'), feature('tags', 'json', { nullable: true })],
      }),
      view({ name: 'customer_spend_30d' }),
    ];
    writeFileSync(join(folder, 'features.d.ts'), typesText(views));
    writeFileSync(join(folder, 'example.mts'), example);
    const options = {
      strict: true,
      noEmit: true,
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      module: 'nodenext',
      types: ['node'],
      typeRoots: [resolve('node_modules/@types')],
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      paths: { millrace: [resolve('src/index.ts')] },
    };
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['*.mts', '*.d.ts'] }),
    );
    execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    // The sources are checked by a stricter configuration.
    const lines = String(Reflect.get(Object(error), 'stdout')).split('\n');
    return lines.filter((line) => /example\.mts|features\.d\.ts/.test(line)).join('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('openReader', () => {
  test('is typed by what millrace types writes, under plain strict', () => {
    expect(typed).toBeTypeOf('function');
    expect(EXAMPLE).not.toBe('');
    expect(compile(EXAMPLE)).toBe('');
    expect(compile(EXAMPLE.replace('order_amount', 'order_amounts'))).toContain(
      "Property 'order_amounts' does not exist",
    );
  });
});
