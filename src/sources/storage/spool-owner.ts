// The owner of a spool folder. It is part of the folder's name, so folders of killed processes can be found.

import { readFileSync, readlinkSync } from 'node:fs';

const PREFIX = 'millrace-spool';
const UNKNOWN = 'x';

/** `millrace-spool-NAMESPACE-PID-STARTED-`: identifies this process, also if its process id is reused. */
export function folderPrefix(): string {
  return `${PREFIX}-${namespace()}-${process.pid}-${startedAt(process.pid) ?? UNKNOWN}-`;
}

/** The state of the process that owns a folder; null if the name is not that of a spool folder. */
export function ownerState(folder: string): 'alive' | 'dead' | 'elsewhere' | null {
  const [, space, pid, started] = /^millrace-spool-(\w+)-(\d+)-(\w+)-\w+$/.exec(folder) ?? [];
  if (space === undefined || pid === undefined) return null;
  // Containers that share a folder have their own process ids.
  if (space !== namespace()) return 'elsewhere';
  return startedAt(Number(pid)) === (started === UNKNOWN ? null : started) ? liveness(Number(pid)) : 'dead';
}

/** Whether a process with this id exists. Without /proc, nothing more is known. */
function liveness(pid: number): 'alive' | 'dead' {
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? 'alive' : 'dead';
  }
}

/** The start time of a process, in ticks since boot; null if unknown. */
function startedAt(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program name, in brackets, may contain anything. After it, the state is field 3 and the start time field 22.
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
