// A build of a training set whose process is killed 20 times, at random moments, gives the same set as one that is not.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { parseReceipt, type Receipt } from '../../src/datasets/receipt.ts';
import { strayStagingTables } from '../../src/state/runs/staging-tables.ts';
import { type CommandWorld, openCommandWorld } from '../cli/world.ts';
import { randomOf } from './oracle.ts';

const KILLS = 20;
const PATIENCE_MS = 1_200_000;

const AMOUNT = `name: amount
entity: customer
kind: snapshot
interval: 1d
start: 2025-12-01
end: 2025-12-21
type: float
source: shop
query: select 'c' || e as entity_id, {{end}} as timestamp, e * extract(day from {{end}}::timestamptz) / 7 as value from generate_series(1, 200) e
`;

const SET = `name: kept
labels:
  source: shop
  query: |
    select 'c' || e as entity_id, at as timestamp, e % 3 = 0 as churned
      from generate_series(1, 200) e, generate_series({{start}}::timestamptz, {{end}}::timestamptz - interval '1 hour', interval '2 hours') at
start: 2025-12-01
end: 2025-12-21
views: [amount]
partition: day
`;

describe('millrace dataset build', () => {
  test(`killed ${KILLS} times, it resumes and gives the same set`, { timeout: PATIENCE_MS }, async () => {
    const world = await openCommandWorld({ 'features/amount.yaml': AMOUNT, 'datasets/kept.yaml': SET });
    expect((await world.millrace('run amount --here')).code).toBe(0);
    const began = systemClock.monotonicMs();
    expect((await world.start('dataset build kept --out file:./sets/whole').ended).code).toBe(0);
    const tookMs = systemClock.monotonicMs() - began;
    const whole = await receiptOf(world, 'whole');
    expect({ rows: whole.rows, parts: whole.parts.length }).toEqual({ rows: 48_000, parts: 20 });

    const random = randomOf(20);
    const finished: string[] = [];
    for (let kills = 0, set = 0; kills < KILLS || !finished.includes(`set-${set - 1}`); ) {
      const name = `set-${set}`;
      const isKilled = await killed(world, name, kills < KILLS ? random() * tookMs : null);
      if (isKilled) kills += 1;
      // A kill may also come after the last step. What is there is checked below: half of it must never appear.
      if (isKilled && !existsSync(join(world.folder, 'sets', name))) {
        // The lease of a killed process ends after a minute.
        await world.database.run(
          `update millrace.dataset_build set lease_until = millrace.now() where state = 'running'`,
        );
      } else {
        finished.push(name);
        set += 1;
      }
    }

    for (const name of finished) {
      const again = await receiptOf(world, name);
      expect({ name, ...digestsOf(again) }).toEqual({ name, ...digestsOf(whole) });
      expect((await world.millrace(`dataset verify sets/${name}`)).code).toBe(0);
    }
    expect(await strayStagingTables(world.database)).toEqual([]);
  });
});

/** Builds the set, and kills the process after this time; false if the build finished before that. */
async function killed(world: CommandWorld, name: string, afterMs: number | null): Promise<boolean> {
  const process = world.start(`dataset build kept --out file:./sets/${name}`);
  using _kill = afterMs === null ? null : systemClock.after(afterMs, () => process.kill('SIGKILL'));
  const { code, stderr } = await process.ended;
  expect({ code, stderr }).toEqual({ code: code === null ? null : 0, stderr: '' });
  return code === null;
}

async function receiptOf(world: CommandWorld, name: string): Promise<Receipt> {
  const place = join(world.folder, 'sets', name);
  return parseReceipt(await readFile(join(place, '_receipt.json'), 'utf8'), place);
}

function digestsOf({ rows, columns, parts }: Receipt): object {
  return { rows, columns, parts: parts.map(({ file, sha256 }) => ({ file, sha256 })) };
}
