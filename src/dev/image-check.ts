// `image-check.ts PROJECT`: starts what the Dockerfile has built (in /app) with the commands that the Dockerfile names, as
// its account, against private servers; asks for its health, stops it, and fails where any of it does not end well.
// src/dev/bare-debian.sh --image runs it in place of a container engine.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { systemClock } from '../core/clock.ts';
import { freePort } from './free-port.ts';
import { startPostgres, startRedis } from './servers.ts';

const HEALTHY_WITHIN_MS = 60_000;
const DOCKERFILE = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');

/** The words of an instruction in its JSON form; the last one counts, as in the engine. */
function wordsOf(instruction: 'ENTRYPOINT' | 'HEALTHCHECK'): string[] {
  const found = [...DOCKERFILE.matchAll(new RegExp(`^${instruction} .*?(\\[.*\\])$`, 'gm'))].at(-1)?.[1];
  if (found === undefined) throw new Error(`the Dockerfile has no ${instruction}`);
  return JSON.parse(found) as string[]; // the Dockerfile is ours
}

function accountOf(): { uid: number; gid: number } {
  const [, uid, gid] = /^USER (\d+):(\d+)$/m.exec(DOCKERFILE) ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

function start(words: readonly string[], project: string, urls: Record<string, string>): ChildProcess {
  const [program = '', ...args] = words;
  return spawn(program, args, {
    cwd: project,
    stdio: 'inherit',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', NODE_ENV: 'production', ...urls },
    ...accountOf(),
  });
}

async function statusOf(child: ChildProcess): Promise<number | string> {
  if (child.exitCode !== null) return child.exitCode;
  const [code, signal] = await once(child, 'exit');
  return code ?? signal;
}

/** A process, and the option that says where it answers about its health. */
const PROCESSES = [
  ['scheduler', '--health-port'],
  ['worker', '--health-port'],
  ['dashboard', '--port'],
] as const;

type Process = (typeof PROCESSES)[number];

async function checkProcess([command, portOption]: Process, project: string, urls: Record<string, string>) {
  const port = await freePort();
  const health = wordsOf('HEALTHCHECK').map((word) => word.replace(':8080', `:${port}`));
  const service = start([...wordsOf('ENTRYPOINT'), command, portOption, String(port)], project, urls);
  const from = systemClock.monotonicMs();
  while ((await statusOf(start(health, project, {}))) !== 0) {
    const isLate = systemClock.monotonicMs() - from > HEALTHY_WITHIN_MS;
    if (isLate || service.exitCode !== null) throw new Error(`${command} did not become healthy`);
    await systemClock.sleep(500);
  }
  service.kill('SIGTERM');
  const status = await statusOf(service);
  if (status !== 0) throw new Error(`${command} ended with ${status} after SIGTERM`);
  process.stdout.write(`${command}: healthy, and stopped when asked to.\n`);
}

async function checkImage(project: string): Promise<void> {
  await using postgres = await startPostgres();
  await using queue = await startRedis();
  await using online = await startRedis();
  const urls = {
    MILLRACE_OFFLINE_URL: await postgres.createDatabase('millrace'),
    MILLRACE_QUEUE_URL: queue.url,
    MILLRACE_ONLINE_URL: online.url,
    SHOP_DATABASE_URL: await postgres.createDatabase('shop'),
  };
  const migrated = await statusOf(start([...wordsOf('ENTRYPOINT'), 'migrate'], project, urls));
  if (migrated !== 0) throw new Error(`migrate ended with ${migrated}`);
  for (const one of PROCESSES) await checkProcess(one, project, urls);
}

await checkImage(process.argv[2] ?? '/project');
