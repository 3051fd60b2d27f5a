import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { allRows, failureOf } from '../source-contract.ts';
import { feature } from '../worlds.ts';
import { askingFiles, calm, lakeFolder, openLake } from './lake-files.ts';
import { hasEnded, processorTicks, watchedEngines } from './watched-engines.ts';

const FILES = { 'a.csv': 'entity_id,n\nc1,7\n' };
const ENDLESS = '(select count(*)::varchar from range(100000000) a, range(100000000) b)';

function asking(expression: string, from = 'files') {
  const query = `select entity_id, {{end}} as timestamp, ${expression} as amount from ${from}`;
  const files = { pattern: '*.csv', format: 'csv' } as const;
  return askingFiles(files, query, { features: [feature('amount', 'string')] });
}

describe('an engine process', () => {
  test('has no environment, no folder, and only its channel open', async () => {
    await using engines = watchedEngines();
    await using source = openLake(await lakeFolder(FILES), { engines });
    await allRows(source, asking('n'), calm);
    const [pid] = engines.pids;
    const descriptors = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).toBe('');
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    expect(descriptors.filter((each) => !/^(\/dev\/null|socket:|pipe:|anon_inode:)/.test(each))).toEqual([]);
    expect(descriptors.filter((each) => each.startsWith('socket:'))).toHaveLength(2);
  });

  test.each([
    ['its environment', `getenv('PATH')`],
    ['the environment of the worker', `(select content from read_text('/proc/${process.pid}/environ'))`],
    ['its own environment', `(select content from read_text('/proc/self/environ'))`],
    ['another file', `(select content from read_text('/etc/hostname'))`],
    ['another file as CSV', `(select any_value(t)::varchar from read_csv('/etc/passwd') t)`],
    ['a folder', `(select any_value(file) from glob('/*'))`],
  ])('lets no query read %s', async (_, expression) => {
    await using source = openLake(await lakeFolder(FILES));
    expect(await failureOf(allRows(source, asking(expression), calm))).toMatchObject({ code: 'SOURCE_QUERY' });
  });

  test('runs queries of its source only', async () => {
    await using engines = watchedEngines();
    await using lake = openLake(await lakeFolder(FILES), { engines });
    await using other = openLake(await lakeFolder(FILES), { engines, name: 'other' });
    for (const [source, expression] of [
      [lake, 'n'],
      [lake, `n || 'x'`],
      [other, 'n'],
      [lake, 'n'],
    ] as const) {
      await allRows(source, asking(expression), calm);
    }
    const [first, second, third, fourth] = engines.pids;
    expect(second).toBe(first);
    expect(new Set([first, third, fourth]).size).toBe(3);
    await until(() => hasEnded(first ?? 0));
  });

  test('finds no state of an earlier query', async () => {
    await using engines = watchedEngines();
    await using source = openLake(await lakeFolder(FILES), { engines });
    const views = `(select string_agg(view_name || ' of ' || database_oid) from duckdb_views() where not internal)`;
    const first = await allRows(source, asking(views), calm);
    const second = await allRows(source, asking(views), calm);
    expect(engines.pids[1]).toBe(engines.pids[0]);
    expect(second).toEqual(first);
    expect(JSON.stringify(second).match(/files of/g)).toHaveLength(1);
  });

  test('pauses while no rows are read, and ends with the reader', async () => {
    await using engines = watchedEngines();
    await using source = openLake(await lakeFolder(FILES), { engines });
    const reading = source.read(asking(`repeat('x', 1000)`, 'files, range(100000000)'), calm)[Symbol.asyncIterator]();
    await reading.next();
    const pid = engines.pids[0] ?? 0;
    let ticks = -1;
    await until(() => {
      const before = ticks;
      ticks = processorTicks(pid);
      return ticks === before;
    });
    expect(engines.peakMiB()).toBeLessThan(300);
    await reading.return?.(undefined);
    await until(() => hasEnded(pid));
  });

  test.each([
    ['SIGKILL', 'SOURCE_UNAVAILABLE', 'was killed (SIGKILL)'],
    ['SIGSEGV', 'SOURCE_QUERY', 'crashed (SIGSEGV)'],
  ] as const)('that ends by %s is %s, and the next reading succeeds', async (signal, code, words) => {
    await using engines = watchedEngines();
    await using source = openLake(await lakeFolder(FILES), { engines });
    const reading = source.read(asking(`repeat('x', 1000)`, 'files, range(100000000)'), calm);
    const failed = failureOf(
      (async () => {
        for await (const _ of reading) process.kill(engines.pids[0] ?? 0, signal);
      })(),
    );
    expect(await failed).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(await allRows(source, asking('n'), calm)).toHaveLength(1);
  });

  test('ends with an aborted reading, even while it computes', async () => {
    await using engines = watchedEngines();
    await using source = openLake(await lakeFolder(FILES), { engines });
    const controller = new AbortController();
    const reading = allRows(source, asking(ENDLESS), controller.signal);
    await until(() => engines.peakMiB() > 90);
    controller.abort(new Error('stop'));
    await expect(reading).rejects.toThrow('stop');
    await until(() => hasEnded(engines.pids[0] ?? 0));
  });

  test('ends when its worker is killed', async () => {
    const worker = spawn(process.execPath, [join(import.meta.dirname, 'engine-owner.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(worker.stdout, 'data');
    const pid = Number(line);
    expect(hasEnded(pid)).toBe(false);
    worker.kill('SIGKILL');
    await until(() => hasEnded(pid));
  });
});
