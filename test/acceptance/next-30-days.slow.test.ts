// "What will a customer spend in the next 30 days?" over half a year of a real shop: the set is built with the commands
// of the guide, read with pandas, and every row is computed again by Python from the shop's own files.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFIG, openCommandWorld } from '../cli/world.ts';
import { publicData } from '../support/public-data.ts';

const FOLDER = publicData('online-retail') ?? '';
const PATIENCE_MS = 1_800_000;
/** Days with a snapshot: December to the end of April. */
const DAYS = 151;

const SPEND = `name: spend_30d
entity: customer
kind: snapshot
interval: 1d
start: 2010-12-01
end: 2011-05-01
features:
  - { name: spend, type: decimal }
  - { name: lines, type: int }
source: lake
files: "{yyyy}-{MM}-{dd}.csv"
files_window: 30d
on_missing: empty
types: { CustomerID: float, Quantity: int, UnitPrice: decimal }
query: |
  select CustomerID as entity_id, sum(Quantity * UnitPrice) as spend, count(*) as lines, {{end}} as timestamp
    from files where CustomerID is not null group by 1
`;

const SET = `name: next_30_days
labels:
  source: lake
  files: "*.csv"
  types: { CustomerID: float, Quantity: int, UnitPrice: decimal, InvoiceDate: timestamp }
  query: |
    with moments as (select unnest(generate_series({{start}}, {{end}} - interval 1 hour, interval 1 month)) + interval 6 hours as moment)
    select CustomerID as entity_id, moment as timestamp,
           coalesce(sum(Quantity * UnitPrice) filter (where InvoiceDate >= moment), 0) as spend_next_30d
      from files, moments
     where CustomerID is not null and InvoiceDate < moment + interval 30 days
     group by 1, 2 having min(InvoiceDate) < moment
start: 2011-02-01
end: 2011-05-01
views: [{ view: spend_30d, as: past }]
delay: 1h
`;

/** Prints every row of the set that differs from what the shop's files give, then ten customers as they are in the set. */
const PROGRAM = `
import csv, glob, sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
import pandas as pd

folder, place = sys.argv[1:]
bought = defaultdict(list)
for name in sorted(glob.glob(f"{folder}/*.csv")):
    for row in csv.DictReader(open(name, encoding="utf-8", newline="")):
        if row["CustomerID"]:
            at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=timezone.utc)
            bought[str(int(float(row["CustomerID"])))].append((at, int(row["Quantity"]) * Decimal(row["UnitPrice"])))

DAY = timedelta(days=1)
moments = [datetime(2011, month, 1, 6, tzinfo=timezone.utc) for month in (2, 3, 4)]
expected = {}
for customer, lines in bought.items():
    for at in moments:
        if not any(when < at for when, _ in lines):
            continue
        following = sum((amount for when, amount in lines if at <= when < at + 30 * DAY), Decimal(0))
        past = (None, None, None)
        end = at.replace(hour=0)
        while end > datetime(2010, 12, 1, tzinfo=timezone.utc):
            inside = [amount for when, amount in lines if end - 30 * DAY <= when < end]
            if inside:
                past = (sum(inside, Decimal(0)), len(inside), end)
                break
            end -= DAY
        expected[customer, at] = (following, *past)

data = pd.read_parquet(place)
found = {}
for row in data.itertuples():
    known = None if pd.isna(row.past__event_timestamp) else row.past__event_timestamp.to_pydatetime()
    found[row.entity_id, row.timestamp.to_pydatetime()] = (
        row.spend_next_30d,
        None if known is None else row.past__spend,
        None if known is None else int(row.past__lines),
        known,
    )
print(len(data), len(expected), sum(1 for key in expected if found.get(key) != expected[key]))
for key in [key for key in expected if found.get(key) != expected[key]][:5]:
    print("differs", key, found.get(key), expected[key])
shown = data[data.timestamp == pd.Timestamp("2011-03-01 06:00+00:00")].sort_values("entity_id").head(10)
for row in shown.itertuples():
    print(row.entity_id, round(row.spend_next_30d, 2), round(row.past__spend, 2), int(row.past__lines), str(row.past__event_timestamp.date()))
`;

describe.skipIf(FOLDER === '')('the spend of the next 30 days', () => {
  test('is a training set whose every row can be computed from the files', { timeout: PATIENCE_MS }, async () => {
    const world = await openCommandWorld({
      'millrace.yaml': CONFIG.replace('file:./lake', `file:${FOLDER}`),
      'features/spend_30d.yaml': SPEND,
      'datasets/next_30_days.yaml': SET,
    });
    const { done, failed } = JSON.parse((await world.millrace('run spend_30d --here --json')).stdout);
    expect({ done, failed }).toEqual({ done: DAYS, failed: 0 });

    const { code, stdout, stderr } = await world.millrace('dataset build next_30_days --out file:./sets/next_30_days');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('built  next_30_days: ');
    const set = join(world.folder, 'sets/next_30_days');
    expect((await world.millrace('dataset verify sets/next_30_days --rebuild')).code).toBe(0);

    const venv = join(world.folder, 'venv');
    execFileSync('python3', ['-m', 'venv', venv]);
    const python = join(venv, 'bin/python');
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'pandas', 'pyarrow']);
    const said = execFileSync(python, ['-c', PROGRAM, FOLDER, set], { encoding: 'utf8' }).trim().split('\n');
    const [counts = '', ...customers] = said;
    const [rows, expected, differing] = counts.split(' ').map(Number);
    expect({ said: differing === 0 ? [] : said, rows }).toEqual({ said: [], rows: expected });
    expect(customers).toHaveLength(10);
    for (const line of customers) expect(line).toEqual(byHand(line.split(' ')[0] ?? ''));
  });
});

/** A customer's line at 2011-03-01 06:00, added up line by line here. */
function byHand(customer: string): string {
  const lines = readdirSync(FOLDER).flatMap((name) =>
    readFileSync(join(FOLDER, name), 'utf8')
      .split(/\r?\n/)
      .filter((line) => line.includes(`,${customer}.0,`))
      .map((line) => {
        const [, quantity, at = '', price] =
          /,(-?\d+),(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),([\d.]+),[\d.]+,[^,]+$/.exec(line) ?? [];
        return { day: at.slice(0, 10), at, mills: Number(quantity) * Math.round(Number(price) * 1_000) };
      }),
  );
  const between = (start: string, end: string) => lines.filter(({ at }) => at >= start && at < end);
  const sum = (some: typeof lines) => (some.reduce((total, { mills }) => total + mills, 0) / 1_000).toFixed(2);
  const next = between('2011-03-01 06:00:00', '2011-03-31 06:00:00');
  const newest = lines
    .map(({ day }) => day)
    .filter((day) => day < '2011-03-01')
    .sort()
    .at(-1);
  const end = new Date(Math.min(Date.parse(newest ?? '') + 30 * 86_400_000, Date.parse('2011-03-01')));
  const day = end.toISOString().slice(0, 10);
  const past = between(new Date(end.getTime() - 30 * 86_400_000).toISOString().slice(0, 10), day);
  return `${customer} ${sum(next)} ${sum(past)} ${past.length} ${day}`;
}
