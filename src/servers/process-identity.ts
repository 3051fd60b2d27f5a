// Identifying processes by pid and start time, because pids are reused.

import { spawnSync } from 'node:child_process';
import { pidNamespace, startTicks } from '../core/process-stat.ts';

/** A process, by its pid and start time. */
export type ProcessIdentity = { readonly pid: number; readonly started: string };

/** The process that has this pid now, or null. */
export function identify(pid: number): ProcessIdentity | null {
  const started = process.platform === 'linux' ? startTicks(pid) : startedByPs(pid);
  return started === null ? null : { pid, started };
}

/** Whether exactly this process is still alive. */
export function isAlive(known: ProcessIdentity): boolean {
  return identify(known.pid)?.started === known.started;
}

/** The namespace of our pids: containers that share a temporary folder have different ones. */
export function processNamespace(): string {
  return pidNamespace() ?? process.platform;
}

function startedByPs(pid: number): string | null {
  const answer = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const started = answer.stdout?.trim() ?? '';
  return started === '' ? null : started;
}
