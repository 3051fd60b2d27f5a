// Three wrong days of a real shop: prices times 100, half of the rows, 30% of the rows twice. Each is found and named, and
// the rows that were stored before stay.

import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CommandWorld, openCommandWorld } from '../cli/world.ts';
import { publicData } from '../support/public-data.ts';

const FOLDER = publicData('online-retail') ?? '';
const [FIRST, AFTER] = ['2011-01-04', '2011-03-11'];
const PRICED = '2011-03-08';
const HALVED = '2011-03-09';
const REPEATED = '2011-03-10';

const LINES = `name: lines
entity: invoice
kind: snapshot
interval: 1d
start: ${FIRST}
end: ${AFTER}
source: lake
files: "{yyyy}-{MM}-{dd}.csv"
types: { Quantity: int, UnitPrice: float }
features:
  - { name: invoice, type: string }
  - { name: stock_code, type: string }
  - { name: quantity, type: int }
  - { name: price, type: float }
query: |
  select InvoiceNo as entity_id, {{end}} as timestamp, InvoiceNo as invoice, StockCode as stock_code,
         Quantity as quantity, UnitPrice as price
    from files
checks:
  - { drift: price }
  - { volume: 40% }
  - { unique: [invoice, stock_code, quantity], at_least: 90% }
`;

async function openShop(): Promise<CommandWorld> {
  const world = await openCommandWorld({ 'features/lines.yaml': LINES });
  const lake = join(world.folder, 'lake');
  await mkdir(lake, { recursive: true });
  const days = (await readdir(FOLDER)).filter((file) => file >= FIRST && file < AFTER);
  for (const file of days) await copyFile(join(FOLDER, file), join(lake, file));
  return world;
}

/** Changes the lines of a day, without its header. */
async function change(world: CommandWorld, day: string, edit: (lines: string[]) => string[]): Promise<void> {
  const file = join(world.folder, 'lake', `${day}.csv`);
  const [header = '', ...lines] = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  await writeFile(file, [header, ...edit(lines), ''].join('\n'));
}

/** The price is the sixth column, after a description that may hold commas in quotes. */
function priceTimesHundred(line: string): string {
  const fields = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? [];
  const price = fields[5] ?? '';
  return [...fields.slice(0, 5), `${Number(price.replace(',', '')) * 100},`, ...fields.slice(6)].join('');
}

async function stored(world: CommandWorld): Promise<unknown> {
  return await world.database.query(
    `select event_timestamp, count(*) as rows, sum(price)::numeric(20, 2)::text as price from features.lines group by 1 order by 1`,
  );
}

describe.skipIf(FOLDER === '')('wrong days of a real shop', () => {
  test('are found and named, and the stored rows stay', { timeout: 300_000 }, async () => {
    const world = await openShop();
    const first = JSON.parse((await world.millrace('run lines --here --json')).stdout);
    const before = await stored(world);
    const failures = await world.database.query<{ day: string; message: string }>(
      `select lower(span)::date::text as day, error->>'message' as message from millrace.run where state = 'failed' order by id`,
    );
    // Days on which the shop really sold much less than on other Sundays and Thursdays.
    expect({ done: first.done, failed: failures.map(({ day }) => day) }).toEqual({
      done: 64,
      failed: ['2011-02-06', '2011-02-10'],
    });
    expect(failures[1]?.message).toContain('volume 40%: 2011-02-10 has 785 rows, and the median of the last 5');
    await change(world, PRICED, (lines) => lines.map(priceTimesHundred));
    await change(world, HALVED, (lines) => lines.filter((_, index) => index % 2 === 0));
    await change(world, REPEATED, (lines) => lines.flatMap((line, index) => (index % 10 < 3 ? [line, line] : [line])));
    await world.millrace(`restate lines --from ${PRICED} --to ${AFTER} --here`);
    const found = await world.database.query<{ day: string; code: string; message: string }>(
      `select lower(span)::date::text as day, error->>'code' as code, error->>'message' as message
         from millrace.run where state = 'failed' and lower(span) >= $1::timestamptz order by span`,
      [PRICED],
    );
    expect(found.map(({ day, code }) => [day, code])).toEqual([
      [PRICED, 'CHECK_FAILED'],
      [HALVED, 'CHECK_FAILED'],
      [REPEATED, 'CHECK_FAILED'],
    ]);
    expect(found[0]?.message).toMatch(/^lines failed a check: drift of price, psi 0\.2: price has a PSI of [\d.]+/);
    expect(found[1]?.message).toMatch(
      /^lines failed a check: volume 40%: 2011-03-09 has \d+ rows, and the median .* \(−\d+/,
    );
    expect(found[2]?.message).toMatch(/^lines failed a check: unique invoice, stock_code, quantity: \d+ of \d+ rows/);
    expect(await stored(world)).toEqual(before);
  });
});
