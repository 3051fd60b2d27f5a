// Queue faults as text.

import { humanDuration } from '../core/duration.ts';
import { command, type Message, safe, text } from '../core/message.ts';
import type { RecordedFault } from '../state/queue-faults.ts';

/** A sentence or two for status and the dashboard. */
export function queueFaultText(fault: RecordedFault): Message {
  const ago = humanDuration(Math.max(0, fault.foundAgoMs));
  const often = fault.times > 1 ? ` (${fault.times} times so far)` : '';
  if (fault.repairedAt !== null)
    return text`${safe(what(fault))}. The scheduler fixed it ${safe(`${ago} ago${often}`)}. ${hint(fault)}`;
  return text`${safe(what(fault))}. The scheduler found this ${safe(`${ago} ago${often}`)} but could not fix it: look for "queue.fault" in its log.`;
}

function what({ queue, kind, key, found }: RecordedFault): string {
  if (kind === 'paused') return `Another program paused the queue "${queue}", so workers took no jobs from it`;
  if (kind === 'limited') return `Another program set a limit on the queue "${queue}" (${found})`;
  return `Another program damaged the key "${key}" in the queue "${queue}" (${found})`;
}

function hint({ kind }: RecordedFault): Message {
  if (kind === 'damaged') return text`Lost runs will be delivered again.`;
  return text`To stop work on purpose, run "${command('millrace pause VIEW')}" or stop the workers.`;
}
