// Real disks that are too small: tmpfs in a mount namespace of the build's process. That needs no rights, and changes nothing
// else on the machine. Where a system allows no such namespace, the test fails.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type CommandWorld, openCommandWorld } from '../cli/world.ts';
import { S3_ACCOUNT, startS3Server } from '../support/object-stores/s3-server.ts';

const PATIENCE_MS = 900_000;
const BIN = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));

/** Labels of about 2.2 MB as CSV, which no compression makes smaller than 1 MB. */
const SET = `name: large
labels:
  source: shop
  query: |
    select 'c' || n as entity_id, {{start}}::timestamptz + n * interval '1 second' as timestamp, md5(n::text) as note
      from generate_series(1, 30000) n where {{start}} < {{end}}
start: 2026-01-01
end: 2026-01-03
views: [spend]
`;

type Step = { readonly disk: string; readonly code: number; readonly message: string; readonly files: string };

/** Builds the set on disks of these sizes, one at a time: each is the previous one with another size. */
async function builds(world: CommandWorld, disks: readonly string[], { out, disk }: Record<'out' | 'disk', string>) {
  const script = `mkdir -p "$DISK" && mount -t tmpfs -o size=4k tmpfs "$DISK" || exit 70
    for size in "$@"; do
      mount -o "remount,$size" "$DISK" || exit 70
      message=$("$NODE" "$MILLRACE" dataset build large --out "$OUT" 2>&1 >/dev/null)
      echo "$size|$?|$message|$(cd "$DISK" && find set -type f 2>/dev/null | sort | tr '\\n' ' ')"
    done
    case "$OUT" in file:*) "$NODE" "$MILLRACE" dataset verify "$DISK/set" | head -n 1;; esac`;
  const places = { OUT: out, DISK: disk, NODE: process.execPath, MILLRACE: BIN };
  const { stdout } = await promisify(execFile)(
    'unshare',
    ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...disks],
    { cwd: world.folder, env: { PATH: process.env['PATH'], ...world.env, ...places } },
  );
  const lines = stdout.trim().split('\n');
  const steps = lines.flatMap((line): Step[] => {
    const [size = '', code, message = '', files = ''] = line.split('|');
    return code === undefined ? [] : [{ disk: size, code: Number(code), message, files: files.trim() }];
  });
  return { steps, rest: lines.slice(steps.length).join('\n') };
}

async function largeWorld(): Promise<CommandWorld> {
  const world = await openCommandWorld({ 'datasets/large.yaml': SET });
  expect((await world.millrace('run spend --here')).code).toBe(0);
  return world;
}

describe('a full disk', () => {
  test('ends a build with a message, leaves nothing under its name, and the build resumes with more space', {
    timeout: PATIENCE_MS,
  }, async () => {
    const world = await largeWorld();
    const disk = join(world.folder, 'sets');
    const full = `${join(disk, 'set')} cannot be written: `;
    const advice = 'free up space there, then run the command again to resume the build';
    // No second file can be created; the rows do not fit; the rows fit, but not the Parquet file.
    const small = ['size=1m,nr_inodes=3', 'size=1m,nr_inodes=90', 'size=2500k'];
    const { steps, rest } = await builds(world, [...small, 'size=64m'], { out: `file:${disk}/set`, disk });
    expect(steps.map(({ disk: size, code, files }) => ({ size, code, files }))).toEqual([
      ...small.map((size) => ({ size, code: 1, files: '' })),
      { size: 'size=64m', code: 0, files: 'set/_receipt.json set/part-00000.parquet' },
    ]);
    for (const { message } of steps.slice(0, -1)) {
      expect(message).toContain(full);
      expect(message).toMatch(/no space/i);
      expect(message).toContain(advice);
    }
    expect(rest).toContain('agrees');
  });

  test('where files for an object store are made is named, and nothing is uploaded', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using server = await startS3Server();
    const world = await largeWorld();
    const disk = await mkdtemp(join(tmpdir(), 'millrace-full-'));
    const withSpool = { ...world, env: { ...world.env, ...S3_ACCOUNT, MILLRACE_SPOOL_DIR: disk } };
    const { steps } = await builds(withSpool, ['size=1m', 'size=64m'], {
      out: server.url('ml/large'),
      disk,
    });
    await rm(disk, { recursive: true });
    expect(
      steps.map(({ code }) => code),
      JSON.stringify(steps),
    ).toEqual([1, 0]);
    for (const { message } of steps.slice(0, -1)) {
      expect(message).toContain(`Cannot write to the spool folder ${disk}`);
      expect(message).toMatch(/no space.*Free up disk space there/is);
    }
    expect([...server.objects.keys()]).toEqual(['ml/large/part-00000.parquet', 'ml/large/_receipt.json']);
  });
});
