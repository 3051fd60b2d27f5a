// The exact output of commands, with a stopped database clock.

import { describe, expect, test } from 'vitest';
import { slowSuite } from '../../support/sample.ts';
import { freshDatabase } from '../../support/servers.ts';
import { type CommandWorld, openCommandWorld, SPEND } from '../world.ts';

const NOW = '2026-01-05 12:00:00+00';

/** A deployed project with a stopped database clock. */
async function openAt(files: Readonly<Record<string, string>> = {}): Promise<CommandWorld> {
  const world = await openCommandWorld(files);
  await world.millrace('migrate');
  await world.database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '${NOW}' $$`,
  );
  return world;
}

const OPEN_ENDED = SPEND.replace('end: 2026-01-03\n', 'settle: 1h\n');

slowSuite('run', () => {
  test('--here prints each run, their sum, and then that nothing is due', async () => {
    const world = await openAt({ 'features/spend.yaml': OPEN_ENDED });
    const first = await world.start('run spend --here --parallel 1').ended;
    expect(first).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        'run 1  spend  [2026-01-01, 2026-01-02)  done  2 rows read: 2 inserted',
        'run 2  spend  [2026-01-02, 2026-01-03)  done  2 rows read: 2 inserted',
        'run 3  spend  [2026-01-03, 2026-01-04)  done  2 rows read: 2 inserted',
        'run 4  spend  [2026-01-04, 2026-01-05)  done  2 rows read: 2 inserted',
        '4 runs done, 8 rows read: 8 inserted.',
        '',
      ].join('\n'),
    });
    expect((await world.start('run spend --here').ended).stdout).toBe(
      'spend: nothing is due; its next interval settles at 2026-01-06 01:00 UTC.\n',
    );
  });
});

describe('commands that inspect', () => {
  test.each([
    ['status', 0],
    ['runs', 3],
    ['runs show 1', 3],
    ['intervals spend', 3],
    ['get spend ada', 3],
    ['verify', 3],
    ['quarantine spend', 3],
    ['rebuild spend', 3],
  ])('millrace %s on an empty database reports that nothing is deployed', async (words, code) => {
    const world = await openCommandWorld({}, await freshDatabase());
    const ended = await world.millrace(words);
    expect([ended.code, ended.stdout + ended.stderr]).toEqual([
      code,
      'Nothing is deployed yet: run "millrace apply".\n',
    ]);
  });
});
