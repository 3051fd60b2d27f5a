// What the typed library does not take: each wrong call has to be an error from the compiler, which `npm run check` reports.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { typesText } from '../src/cli/define/types.ts';
import type { EpochMicros, Reader } from '../src/index.ts';
import { feature, view } from './support/views.ts';

type Features = {
  orders: { entity: 'customer'; features: { amount: number; lines: bigint | null } };
  spend: { entity: 'customer'; features: { spend: string } };
  stock: { entity: 'product'; features: { left: bigint } };
  offers: { entity: ['customer', 'product']; features: { discount: string } };
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
  // @ts-expect-error a label property that does not exist
  reader.trainingSet({ views: ['orders', { view: 'stock', entityId: 'prodct' }], labels: [label] });
  // @ts-expect-error a label property that is not an entity
  reader.trainingSet({ views: ['orders', { view: 'stock', entityId: 'churned' }], labels: [label] });
  // @ts-expect-error views of two entities in the same label property
  reader.trainingSet({ views: ['orders', 'stock'], labels: [label] });
  // @ts-expect-error an option that does not exist
  reader.trainingSet({ views: [{ view: 'orders', age_max: '7d' }], labels: [label] });
  // @ts-expect-error an option that does not exist, next to a view without options
  reader.trainingSet({ views: ['spend', { view: 'orders', age_max: '7d' }], labels: [label] });
  const mixed = { labels: [label], views: [{ view: 'stock', entityId: 'product' }, 'orders'] } as const;
  reader.trainingSet(mixed);
  const same = [{ view: 'spend', entityId: 'product' }, mixed.views[0]] as const;
  // @ts-expect-error views of two entities in the same label property
  reader.trainingSet({ views: same, labels: [label] });
  // @ts-expect-error a component that does not exist
  reader.trainingSet({ views: ['offers'], labels: [{ ...label, entityId: { customer: 'ada', shop: '3' } }] });
  reader.trainingSet({ views: ['offers'], labels: [{ ...label, entityId: { customer: 'ada', product: '3' } }] });
  reader.trainingSet({ views: ['orders', { view: 'spend', as: 'again' }], labels: [label] });
  void wrong;
}

/** Without a catalog, views and label properties that only the program knows compile. Never called. */
function untyped(reader: Reader, anything: unknown[]): void {
  const views = [{ view: 'stock', entityId: 'product' }, { view: 'orders' }];
  reader.trainingSet({ views, labels: [label] });
  reader.trainingSet({ views: ['orders', 'stock'], labels: [label] });
  // biome-ignore lint/suspicious/noExplicitAny: labels of a program without types
  reader.trainingSet({ views, labels: anything as any[] });
  // biome-ignore lint/suspicious/noExplicitAny: views of a program without types
  reader.trainingSet({ views: anything as any[], labels: [label] });
}

const compiler = resolve('node_modules/typescript-compiler/bin/tsc');

/** The typed example of a page. */
function exampleOf(page: string): string {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  return blocks.find((code) => code.includes('openReader<Features>')) ?? '';
}

/** Runs the compiler with a configuration, and returns what it reports. */
function report(configuration: string): string {
  try {
    execFileSync(process.execPath, [compiler, '-p', configuration], { encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    return String(Reflect.get(Object(error), 'stdout'));
  }
}

const VIEWS = [
  view({
    name: 'customer_orders',
    description: 'Orders */ of a customer',
    features: [feature('order_amount', 'float'), feature('tags', 'json', { nullable: true })],
  }),
  view({ name: 'customer_spend_30d' }),
];

/** A project that uses the package: its declarations, without `skipLibCheck` and without the types of its dependencies. */
function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-types-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const typeRoots = [resolve('node_modules/@types')];
  const outDir = join(folder, 'dist');
  const emit = { outDir, rootDir: resolve('src'), typeRoots, emitDeclarationOnly: true, noCheck: true };
  const files = [resolve('src/index.ts')];
  const build = { extends: resolve('tsconfig.build.json'), compilerOptions: emit, files, include: [] };
  write('build.json', JSON.stringify(build));
  expect(report(join(folder, 'build.json'))).toBe('');
  const options = {
    strict: true,
    noEmit: true,
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    typeRoots,
    paths: { millrace: ['./dist/index.d.ts'] },
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions: options, include: ['*.mts', 'features.d.ts'] }));
  write('features.d.ts', typesText(VIEWS));
  return folder;
}

describe('openReader', () => {
  test('is typed by what millrace types writes, under plain strict', () => {
    expect([typed, untyped]).toHaveLength(2);
    const folder = project();
    const pages = ['README.md', 'docs/reference/library.md'];
    for (const [index, page] of pages.entries()) {
      const example = exampleOf(page);
      expect(example, page).not.toBe('');
      writeFileSync(join(folder, `right-${index}.mts`), example);
      writeFileSync(join(folder, `wrong-${index}.mts`), example.replace('order_amount', 'order_amounts'));
    }
    const errors = report(folder)
      .split('\n')
      .filter((line) => line.includes('error TS'));
    expect(errors).toEqual(
      pages.map((_, index) =>
        expect.stringMatching(new RegExp(`wrong-${index}\\.mts.*Property 'order_amounts' does not exist`)),
      ),
    );
  });
});
