// Commands that are started with the files of an earlier deployment.

import { expect, test } from 'vitest';
import { openCommandWorld, SPEND } from './world.ts';

const NEWER = SPEND.replace('entity_id, value,', 'entity_id, value * 1 as value,');

test.each(['run spend --here', 'retry 1', 'restate spend --here', 'backfill spend --from 2026-01-01 --here'])(
  'change nothing: %s',
  async (words) => {
    const world = await openCommandWorld();
    await world.millrace('apply');
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': NEWER });
    expect((await world.millrace('apply spend --equivalent')).code).toBe(0);
    await world.millrace('apply');
    await world.write({ 'features/spend.yaml': SPEND });

    const ended = await world.millrace(words);

    expect(ended.stderr).toMatch(
      /^The files of this project match generation 1, but generation 2 was deployed at .*, so nothing was changed\./,
    );
    expect(ended.code).toBe(3);
    expect(await world.database.query('select edited_fingerprint as edited from millrace.view')).toEqual([
      { edited: null },
    ]);
  },
);
