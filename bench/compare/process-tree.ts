// A process and its children as Linux counts them in /proc: processor time, and the most memory that they had.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;
/** Sets the peak of a process to its present memory (man 5 proc_pid_clear_refs). */
const RESET_PEAK = '5';

type Stat = { readonly pid: number; readonly parent: number; readonly withEnded: number };

/** Seconds of processor time, user and system, of a process, its children, and those of them that have ended. */
export function treeSeconds(pid: number): number {
  return treeOf(pid).reduce((sum, { withEnded }) => sum + withEnded, 0);
}

/** The parent of a process; 0 if it has ended. */
export function parentOf(pid: number): number {
  return statOf(pid)?.parent ?? 0;
}

export function resetPeak(pid: number): void {
  for (const { pid: one } of treeOf(pid)) orNull(() => writeFileSync(`/proc/${one}/clear_refs`, RESET_PEAK));
}

/** The peak of one process since `resetPeak`, in MiB, without its children. */
export function ownPeakMiB(pid: number): number {
  const status = orNull(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? '';
  return Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
}

/** The sum of the peaks of a process and its children. Pages that processes share count for each of them. */
export function peakMiB(pid: number): number {
  return treeOf(pid).reduce((sum, one) => sum + ownPeakMiB(one.pid), 0);
}

function treeOf(root: number): Stat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? []);
  const found = all.filter(({ pid }) => pid === root);
  // Grows while it is read: children of children follow.
  for (const { pid: parent } of found) found.push(...all.filter((one) => one.parent === parent));
  return found;
}

function statOf(pid: number): Stat | null {
  const text = orNull(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === null) return null;
  // The name in parentheses may hold spaces. After it: state, parent, …, utime, stime, cutime, cstime.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
  return {
    pid,
    parent: fields[1] ?? 0,
    withEnded: (utime + stime + cutime + cstime) / TICKS_PER_SECOND,
  };
}

/** Processes may end while they are looked at. */
function orNull<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
