// The progress of a backfill: a bar with a segment per chunk state, drawn by the server.

import { html } from 'hono/html';
import { count } from '../../presentation/format.ts';
import type { ChunkCounts, ChunkState } from '../../state/backfills/overview.ts';
import type { Html } from '../context.ts';

const ORDER: readonly ChunkState[] = ['done', 'skipped', 'running', 'failed', 'cancelled', 'waiting'];
const WIDTH = 1_000;

export function progressBar(chunks: ChunkCounts): Html {
  const label = `${count(chunks.total)} chunks: ${segmentsText(chunks)}`;
  let x = 0;
  const segments = ORDER.filter((state) => chunks[state] > 0).map((state) => {
    const width = (chunks[state] / chunks.total) * WIDTH;
    const rect = html`<rect class="c-${state}" x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="10"><title>${count(chunks[state])} ${state}</title></rect>`;
    x += width;
    return rect;
  });
  return html`<svg class="progress" viewBox="0 0 ${WIDTH} 10" role="img" aria-label="${label}" preserveAspectRatio="none">${segments}</svg>`;
}

/** `19 done, 1 failed, 8 waiting`. */
export function segmentsText(chunks: ChunkCounts): string {
  return ORDER.filter((state) => chunks[state] > 0)
    .map((state) => `${count(chunks[state])} ${state}`)
    .join(', ');
}
