// What `millrace restate` says where there is nothing to read again.

import { describe, expect, test } from 'vitest';
import { openCommandWorld } from './world.ts';

describe('restate', () => {
  test('says that nothing is stored there, also where no worker is alive', async () => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    expect(await world.millrace('restate spend --from 2026-01-03')).toEqual({
      code: 0,
      stdout:
        'spend: nothing is stored or held there that could be read again; run what is due with: millrace run spend\n',
      stderr: '',
    });
    expect((await world.millrace('restate spend --from 2026-01-02')).stderr).toMatch(/^No worker is alive/);
  });
});
