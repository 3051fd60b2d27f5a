// Instants on a page: UTC, with the exact value as a tooltip.

import { html } from 'hono/html';
import type { EpochMs } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import { localAndUtc, shortSpan, utcText } from '../../presentation/format.ts';
import type { Html } from '../context.ts';

/** `2026-11-21 06:00Z`. */
export function utc(instant: EpochMs): string {
  return `${isoText(instant).slice(0, 16).replace('T', ' ')}Z`;
}

export function timeHtml(instant: EpochMs | null): Html {
  if (instant === null) return html`–`;
  return html`<time datetime="${isoText(instant)}" title="${isoText(instant)}">${utc(instant)}</time>`;
}

/** With seconds, for events within a minute: `2026-11-21 06:00:12 UTC`. */
export function secondHtml(instant: EpochMs): Html {
  return html`<time datetime="${isoText(instant)}">${utcText(instant)}</time>`;
}

/** A time in the zone of its job: `2026-11-21 03:15 GMT+1 (02:15Z)`. */
export function zonedHtml(instant: EpochMs, zone: string): Html {
  return html`<time datetime="${isoText(instant)}" title="${zone}">${localAndUtc(instant, zone)}</time>`;
}

/** A span as the command line writes it, on one line if it fits. */
export function spanHtml(span: Interval | null): Html {
  return html`<span class="span">${shortSpan(span)}</span>`;
}

function isoText(instant: EpochMs): string {
  return new Date(instant).toISOString();
}
