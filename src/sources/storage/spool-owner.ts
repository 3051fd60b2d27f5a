// Whose spool folder it is: written into its name, so that a process that was killed needs nobody to tell about it.

import { readFileSync, readlinkSync } from 'node:fs';

const PREFIX = 'millrace-spool';
const UNKNOWN = 'x';

/** `millrace-spool-NAMESPACE-PID-STARTED-`: of this process, and of none before it that had its number. */
export function folderPrefix(): string {
  return `${PREFIX}-${namespace()}-${process.pid}-${startedAt(process.pid) ?? UNKNOWN}-`;
}

/** What is known of the process that a folder of this name belongs to; null where the name is none of ours. */
export function ownerState(folder: string): 'alive' | 'dead' | 'elsewhere' | null {
  const [, space, pid, started] = /^millrace-spool-(\w+)-(\d+)-(\w+)-\w+$/.exec(folder) ?? [];
  if (space === undefined || pid === undefined) return null;
  // Containers that share a folder count their processes on their own.
  if (space !== namespace()) return 'elsewhere';
  return startedAt(Number(pid)) === (started === UNKNOWN ? null : started) ? liveness(Number(pid)) : 'dead';
}

/** Whether any process has the number: all that can be said where there is no /proc. */
function liveness(pid: number): 'alive' | 'dead' {
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? 'alive' : 'dead';
  }
}

/** When the process with this number started, in ticks since the machine did; null where nobody says. */
function startedAt(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold anything; after it the state is field 3, the start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '') || UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}
