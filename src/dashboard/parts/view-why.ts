// Why a view is not up to date, in the sentences of `millrace status` and `millrace intervals`, and how to fix it.

import { html } from 'hono/html';
import { counted } from '../../presentation/format.ts';
import { fixCommands, type Hole, holesLeft, holesOf } from '../../presentation/views/interval-holes.ts';
import type { Drawn } from '../../presentation/views/intervals.ts';
import type { Status } from '../../presentation/views/status.ts';
import { notesOf } from '../../presentation/views/status-text.ts';
import { needsAttention } from '../../state/views/view-state.ts';
import type { Html, Viewer } from '../context.ts';
import { actionButton } from '../pages/page.ts';
import type { QueueStatus } from './queue-status.ts';
import { messageHtml } from './sentence.ts';
import { table } from './table.ts';
import { spanHtml } from './time.ts';
import type { ViewData } from './view-data.ts';

const HOLES_SHOWN = 20;
const COMMANDS_SHOWN = 5;
const WHY_CHARACTERS = 500;

/** Empty if all is well. */
export function whyHtml({ status, retryable, queue }: ViewData, drawn: Drawn | null, viewer: Viewer): Html {
  const notes = [...notesOf(status), ...queueNotes(status, queue)];
  const holes = drawn === null ? [] : holesOf(drawn);
  if (notes.length + holes.length === 0) return html``;
  const title = needsAttention(status) ? 'Needs attention' : 'In progress';
  return html`<section class="why" aria-labelledby="why"><h2 id="why">${title}</h2>
${notes.length === 0 ? '' : html`<ul>${notes.map((note) => html`<li>${messageHtml(note)}</li>`)}</ul>`}
${holes.length === 0 ? '' : holeTable(holes, drawn === null ? 0 : holesLeft(drawn), { retryable, viewer })}
${drawn === null ? '' : fixHtml(status, holes)}
</section>`;
}

/** Postgres does not know why no worker has started a queued run. */
function queueNotes({ idleRun }: Status, { isAnswering, sentence: said }: QueueStatus): string[] {
  if (idleRun === null || isAnswering !== false) return [];
  return [`${said} Run ${idleRun.id} will start when the queue is available again.`];
}

/** `left`: further holes, which are too many to show. */
function holeTable(
  holes: readonly Hole[],
  left: number,
  { retryable, viewer }: { readonly retryable: readonly number[]; readonly viewer: Viewer },
): Html {
  const shown = holes.slice(0, HOLES_SHOWN);
  const all = holes.length + left;
  const more = all - shown.length;
  return html`${table({
    caption: `${counted(all, 'span')} not covered${more === 0 ? '' : `; the oldest ${shown.length} are shown`}`,
    columns: [
      { head: 'Span', cell: ({ span }) => spanHtml(span) },
      { head: 'What', cell: ({ kind }) => html`<span class="badge h-${kind}">${kind}</span>` },
      { head: 'Run', cell: ({ run }) => (run === null ? '–' : html`<a href="/runs/${run}">${run}</a>`) },
      { head: 'Why', kind: 'wide', cell: ({ why }) => messageHtml(why, { characters: WHY_CHARACTERS }) },
      ...(viewer.role === 'operator' && shown.some(({ run }) => run !== null && retryable.includes(run))
        ? [{ head: 'Fix', cell: (hole: Hole) => retryButton(hole, retryable, viewer) }]
        : []),
    ],
    rows: shown,
    rowId: ({ kind, span }) => `${kind}-${span.start}`,
    empty: '',
  })}`;
}

function retryButton({ run, span }: Hole, retryable: readonly number[], viewer: Viewer): Html {
  if (run === null || !retryable.includes(run)) return html``;
  return actionButton(viewer, `/runs/${run}/retry`, `Retry ${run}`, `-${span.start}`);
}

/** The commands that fix the holes; the sentence above covers those that are held. */
function fixHtml({ view, held }: Status, holes: readonly Hole[]): Html {
  const others = holes.filter(({ kind }) => kind !== 'held');
  const commands = fixCommands(view.name, others);
  if (commands.length === 0) return html``;
  const more = commands.length - COMMANDS_SHOWN;
  return html`<p>Fix ${held.count === 0 ? 'them' : 'the others'} with:</p>
<ul class="commands">${commands.slice(0, COMMANDS_SHOWN).map((command) => html`<li><code>${command}</code></li>`)}</ul>
${more > 0 ? html`<p class="dim">… and ${more} more</p>` : ''}`;
}
