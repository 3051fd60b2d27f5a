// An unavailable source that held intervals wait for: when it was probed, and when it is probed next.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import type { Outage } from '../../state/queries/outage.ts';
import type { ViewOverview } from '../../state/queries/view-overview.ts';
import { count, counted, localAndUtc, unitsIn } from '../format.ts';

/** `they will be read when source shop responds (2 probes in 24 h, the next at …); to read them now: …`. */
export function outageText({ view, held, now }: Pick<ViewOverview, 'view' | 'held' | 'now'>, outage: Outage): Message {
  const units = unitsIn(outage, view.unitMs);
  const which = outage.ms < held.ms ? `${count(units)} of them` : units === 1 ? 'it' : 'they';
  const retry = command(`millrace retry --failed --source ${outage.source}`);
  return text`${safe(which)} will be read when source ${safe(outage.source)} responds (${safe(probesText(outage, now))}); to try now: ${retry}`;
}

/** `2 probes in the last 24 hours, next one at …`. */
export function probesText({ probes, nextProbeAt }: Outage, now: EpochMs): string {
  const next =
    nextProbeAt === null || nextProbeAt <= now
      ? 'next probe soon'
      : `next probe at ${localAndUtc(epochMsOf(nextProbeAt))}`;
  return probes === 0 ? `not probed yet, ${next}` : `${counted(probes, 'probe')} in the last 24 hours, ${next}`;
}
