import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { openSpool, type Spool } from '../../../src/sources/storage/spool.ts';
import { until } from '../../support/until.ts';
import { calm } from '../lake/lake-files.ts';
import { failureOf } from '../source-contract.ts';
import { STORES } from './places.ts';

function world(limitBytes = 100): { folder: string; spool: Spool } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-spool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, spool: openSpool({ folder, limitBytes, clock: systemClock }) };
}

/** Resolves when a reservation that had room, asked for now, would have it. */
async function roomWouldBeGiven(): Promise<void> {
  const { spool } = world();
  for (let times = 0; times < 5; times += 1) await (await spool.reserve(1, calm))[Symbol.asyncDispose]();
}

describe('openSpool', () => {
  test('creates no folder before the first reading', async () => {
    const { folder } = world();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('gives each reading a private folder, and removes it', async () => {
    const { folder, spool } = world();
    const one = await spool.reserve(10, calm);
    const other = await spool.reserve(10, calm);
    writeFileSync(join(one.path, 'a'), 'x');
    expect(statSync(one.path).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toHaveLength(2);
    await one[Symbol.asyncDispose]();
    expect(readdirSync(folder).map((name) => join(folder, name))).toEqual([other.path]);
    await other[Symbol.asyncDispose]();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('lets readings wait in order until there is space', async () => {
    const { folder, spool } = world(100);
    const first = await spool.reserve(60, calm);
    const large = spool.reserve(80, calm);
    const small = spool.reserve(10, calm);
    await roomWouldBeGiven();
    expect(readdirSync(folder)).toHaveLength(1);
    await first[Symbol.asyncDispose]();
    await using _large = await large;
    await using _small = await small;
    expect(readdirSync(folder)).toHaveLength(2);
  });

  test('gives the space of a folder back that it cannot remove', async () => {
    const { folder, spool } = world(100);
    const first = await spool.reserve(100, calm);
    const away = `${folder}-away`;
    renameSync(folder, away);
    writeFileSync(folder, '');
    await expect(first[Symbol.asyncDispose]()).rejects.toThrow('ENOTDIR');
    rmSync(folder);
    renameSync(away, folder);
    await using second = await spool.reserve(100, calm);
    expect(second.path).not.toBe(first.path);
  });

  test('continues with the next readings when a waiting one is aborted', async () => {
    const { folder, spool } = world(100);
    await using _first = await spool.reserve(60, calm);
    const stop = new AbortController();
    const reason = new Error('stopped');
    const large = spool.reserve(80, stop.signal);
    const small = spool.reserve(10, calm);
    await roomWouldBeGiven();
    expect(readdirSync(folder)).toHaveLength(1);
    stop.abort(reason);
    await expect(large).rejects.toBe(reason);
    await using _small = await small;
  });

  test('refuses more than the whole spool, with what to do', async () => {
    const { folder, spool } = world(3 * 1_048_576);
    const failure = await failureOf(spool.reserve(5 * 1_048_576, calm));
    expect([failure.code, failure.message]).toEqual([
      'SOURCE_SHAPE',
      `This run's files total 5 MB, but the spool in ${folder} has room for only 3 MB. Raise spool.limit_mb in millrace.yaml, point spool.folder at a larger disk, or use a shorter interval.`,
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('never exceeds its file system, for any limit', async () => {
    const { spool } = world(Number.MAX_SAFE_INTEGER);
    expect((await failureOf(spool.reserve(1e15, calm))).code).toBe('SOURCE_SHAPE');
  });

  test('names the folder that it cannot write, and releases the space', async () => {
    const { folder } = world();
    writeFileSync(join(folder, 'file'), '');
    const spool = openSpool({ folder: join(folder, 'file'), limitBytes: 10, clock: systemClock });
    for (let times = 0; times < 3; times += 1) {
      const failure = await failureOf(spool.reserve(10, calm));
      expect([failure.code, failure.message]).toEqual([
        'SOURCE_UNAVAILABLE',
        expect.stringMatching(
          /^Cannot write to the spool folder .*file: .*\. Check the folder and its permissions, or set spool\.folder/,
        ),
      ]);
    }
  });

  test('removes the folders of dead processes, and nothing else', async () => {
    const { folder, spool } = world();
    await using mine = await openSpool({ folder, limitBytes: 10, clock: systemClock }).reserve(1, calm);
    const [, , space, pid, started] = (mine.path.split('/').at(-1) ?? '').split('-');
    const long = new Date(Date.now() - 7_200_000);
    const left = {
      [`millrace-spool-${space}-${pid}-1-aaaaaa`]: 'gone',
      [`millrace-spool-${space}-4194305-${started}-aaaaaa`]: 'gone',
      'millrace-spool-1-2-3-aaaaaa': 'kept',
      'millrace-spool-1-2-4-aaaaaa': 'gone',
      'millrace-other': 'kept',
    };
    for (const name of Object.keys(left)) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'part'), 'x');
    }
    // One of another container, which has not said for long that it is in use.
    utimesSync(join(folder, 'millrace-spool-1-2-4-aaaaaa'), long, long);
    await spool.sweep();
    const kept = Object.keys(left).filter((name) => left[name] === 'kept');
    expect(readdirSync(folder).sort()).toEqual([...kept, mine.path.split('/').at(-1) ?? ''].sort());
  });
});

const FETCHING = `
  import { placeOf } from '${new URL('../../../src/sources/storage/place.ts', import.meta.url)}';
  import { openSpool } from '${new URL('../../../src/sources/storage/spool.ts', import.meta.url)}';
  import { systemClock as clock } from '${new URL('../../../src/core/clock.ts', import.meta.url)}';
  const { spoolFolder, ...options } = JSON.parse(process.argv[1]);
  const spool = openSpool({ folder: spoolFolder, limitBytes: 1e9, clock });
  const place = placeOf({ ...options, spool, clock, idleTimeoutMs: 60_000 });
  const signal = new AbortController().signal;
  await place.open(await place.list(['*'], signal), signal);
`;

describe.each(Object.entries(STORES))('the spool of a process that fetches from %s', (_, openWorld) => {
  test('is emptied by the next process when that one was killed', async () => {
    await using world = await openWorld();
    for (const name of ['a', 'b']) world.put(name, 'x'.repeat(200_000));
    world.server.faults.push({ kind: 'stall', at: 100_000 }, { kind: 'stall', at: 100_000 });
    const { spool: _, clock: __, ...options } = world.options();
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', FETCHING, JSON.stringify({ ...options, spoolFolder: world.spoolFolder })],
      { stdio: 'inherit' },
    );
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await until(() => world.spooled().some((name) => readdirSync(join(world.spoolFolder, name)).length === 2));
    child.kill('SIGKILL');
    await ended;
    expect(world.spooled()).toHaveLength(1);

    const next = openSpool({ folder: world.spoolFolder, limitBytes: 10, clock: systemClock });
    await using mine = await next.reserve(1, calm);

    expect(world.spooled()).toEqual([mine.path.split('/').at(-1)]);
  });
});
