// Whether the process that a file speaks of is still the same one: the number of a process is given out again after it.

import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** A process, by its number and by when it started. */
export type ProcessIdentity = { readonly pid: number; readonly started: string };

/** The process that has this number now, or null. */
export function identify(pid: number): ProcessIdentity | null {
  const started = process.platform === 'linux' ? startedByProc(pid) : startedByPs(pid);
  return started === null ? null : { pid, started };
}

/** Whether the very process is still alive. */
export function isAlive(known: ProcessIdentity): boolean {
  return identify(known.pid)?.started === known.started;
}

/** Where process numbers mean what they mean here: containers that share a temporary folder count on their own. */
export function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return process.platform;
  }
}

function startedByProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold anything; after it the state is field 3, the start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function startedByPs(pid: number): string | null {
  const answer = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const started = answer.stdout?.trim() ?? '';
  return started === '' ? null : started;
}
