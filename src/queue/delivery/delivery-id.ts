// The BullMQ job id of one delivery of a run: readable and unique.

import type { EpochMs } from '../../core/instant.ts';
import type { Delivery } from '../../state/runs/deliveries.ts';

/** `customer_orders.20260901T000000Z-20260902T000000Z.r17.d1`, or `rates.latest.r18.d1` for a run without a span. */
export function deliveryId({ view, span, run, delivery }: Omit<Delivery, 'reason' | 'priority'>): string {
  const when = span === null ? 'latest' : `${compact(span.start)}-${compact(span.end)}`;
  return `${view}.${when}.r${run}.d${delivery}`;
}

function compact(instant: EpochMs): string {
  return new Date(instant).toISOString().replace(/[-:]|\.\d+/g, '');
}
