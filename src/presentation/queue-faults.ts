// What was found wrong with the queues, in sentences.

import { humanDuration } from '../core/duration.ts';
import type { RecordedFault } from '../state/queue-faults.ts';

/** A sentence or two for status and the dashboard. */
export function queueFaultText(fault: RecordedFault): string {
  const ago = humanDuration(Math.max(0, fault.foundAgoMs));
  const often = fault.times > 1 ? ` (${fault.times} times so far)` : '';
  if (fault.repairedAt !== null) return `${what(fault)}. The scheduler fixed it ${ago} ago${often}. ${hint(fault)}`;
  return `${what(fault)}, found ${ago} ago${often}. The scheduler could not fix it: look for "queue.fault" in its log.`;
}

function what({ queue, kind, key, found }: RecordedFault): string {
  if (kind === 'paused') return `Another program paused the queue "${queue}", so no worker took its jobs`;
  if (kind === 'limited') return `Another program limited the queue "${queue}" (${found})`;
  return `Another program damaged the key "${key}" of the queue "${queue}" (${found})`;
}

function hint({ kind }: RecordedFault): string {
  if (kind === 'damaged') return 'Runs that were lost with it are delivered again.';
  return 'To stop work on purpose, run "millrace pause VIEW" or stop the workers.';
}
