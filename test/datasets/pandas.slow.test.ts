// Python reads a set as the guide says. Its packages go to a folder of this test.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { buildSet, rowsOf, temporaryFolder } from './build-world.ts';
import { CHURN, storeShop } from './small-set.ts';

const GUIDE = 'docs/guides/training-sets.md';

/** The example of the guide, over the set in this folder, and what it has read. */
function program(set: string): string {
  const [, example = ''] = /```python\n(.*?)```/s.exec(readFileSync(GUIDE, 'utf8')) ?? [];
  return `${example.replace('sets/churn', set)}
print(len(data), len(train), list(X.columns), y.sum())
print([(str(row.entity_id), str(row.timestamp), row.spend__amount) for row in data.head(3).itertuples()])
`;
}

describe('a training set', () => {
  test('is read by pandas as the guide says', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const set = join(folder.path, 'set');
    const split = {
      by: 'entity',
      parts: [
        { name: 'train', share: 0.8 },
        { name: 'test', share: 0.2 },
      ],
    } as const;
    const receipt = await buildSet(world, { ...CHURN, split }, set, { partRows: 700 });
    const rows = await rowsOf(set, receipt);
    const python = join(folder.path, 'venv/bin/python');
    execFileSync('python3', ['-m', 'venv', join(folder.path, 'venv')]);
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'pandas', 'pyarrow']);
    const [counts, first] = execFileSync(python, ['-c', program(set)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    const train = rows.filter((row) => row['split'] === 'train');
    const churned = train.filter((row) => row['churned'] === 'true');
    expect(counts).toBe(`2000 ${train.length} ['spend__amount', 'spend__note'] ${churned.length}`);
    const shown = rows
      .slice(0, 3)
      .map((row) => `('${row['entity_id']}', '${row['timestamp']}:00', ${Number(row['spend__amount']) || 'nan'})`);
    expect(first).toBe(`[${shown.join(', ')}]`);
  });
});
