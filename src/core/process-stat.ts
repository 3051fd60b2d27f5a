// What Linux says about processes in /proc.

import { readFileSync, readlinkSync } from 'node:fs';

/** The start time of a process, in ticks since boot: together with its id, it identifies a process. Null if unknown. */
export function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program name, in parentheses, may contain anything. After it come the state (field 3) and the start time (field 22).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** The namespace of our process ids: containers that share a folder have different ones. Null without /proc. */
export function pidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}
