// The owner of a spool folder. It is part of the folder's name, so folders of killed processes can be found.

import { pidNamespace, startTicks } from '../../core/process-stat.ts';

const PREFIX = 'millrace-spool';
const UNKNOWN = 'x';

/** `millrace-spool-NAMESPACE-PID-STARTED-`: identifies this process, even if its process id is reused. */
export function folderPrefix(): string {
  return `${PREFIX}-${namespace()}-${process.pid}-${startTicks(process.pid) ?? UNKNOWN}-`;
}

/** The state of the process that owns a folder; null if the name is not that of a spool folder. */
export function ownerState(folder: string): 'alive' | 'dead' | 'elsewhere' | null {
  const [, space, pid, started] = /^millrace-spool-(\w+)-(\d+)-(\w+)-\w+$/.exec(folder) ?? [];
  if (space === undefined || pid === undefined) return null;
  // Containers that share a folder have their own process ids.
  if (space !== namespace()) return 'elsewhere';
  return startTicks(Number(pid)) === (started === UNKNOWN ? null : started) ? liveness(Number(pid)) : 'dead';
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

function namespace(): string {
  return pidNamespace()?.replaceAll(/\D/g, '') || UNKNOWN;
}
