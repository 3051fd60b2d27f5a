// Why a view is not as it should be, in the sentences of `millrace status` and `millrace intervals`, and what mends it.

import { html } from 'hono/html';
import { needsSomebody } from '../state/view-state.ts';
import { counted } from '../words/format.ts';
import { type Hole, holesOf, mendingCommands } from '../words/interval-holes.ts';
import type { Drawn } from '../words/intervals.ts';
import { notesOf } from '../words/status-text.ts';
import type { Html, Viewer } from './context.ts';
import { actionButton } from './page.ts';
import { sentence } from './sentence.ts';
import { shownText } from './shown-text.ts';
import { table } from './table.ts';
import { spanHtml } from './time.ts';
import type { ViewData } from './view-page.ts';

const HOLES_SHOWN = 20;
const COMMANDS_SHOWN = 5;
const WHY_CHARACTERS = 500;

/** Nothing where all is well. */
export function whyHtml({ status, retryable }: ViewData, drawn: Drawn | null, viewer: Viewer): Html {
  const notes = notesOf(status);
  const holes = drawn === null ? [] : holesOf(drawn);
  if (notes.length + holes.length === 0) return html``;
  const title = needsSomebody(status) ? 'What needs somebody' : 'What is going on';
  return html`<section class="why" aria-labelledby="why"><h2 id="why">${title}</h2>
${notes.length === 0 ? '' : html`<ul>${notes.map((note) => html`<li>${sentence(note)}</li>`)}</ul>`}
${holes.length === 0 ? '' : holeTable(holes, retryable, viewer)}
${drawn === null ? '' : mendHtml(status.view.name, holes)}
</section>`;
}

function holeTable(holes: readonly Hole[], retryable: readonly number[], viewer: Viewer): Html {
  const shown = holes.slice(0, HOLES_SHOWN);
  const more = holes.length - shown.length;
  return html`${table({
    caption: `${counted(holes.length, 'span')} not covered${more === 0 ? '' : `, the oldest ${shown.length}`}`,
    columns: [
      { head: 'Span', cell: ({ span }) => spanHtml(span) },
      { head: 'What', cell: ({ kind }) => html`<span class="badge h-${kind}">${kind}</span>` },
      { head: 'Run', cell: ({ run }) => (run === null ? '–' : html`<a href="/runs/${run}">${run}</a>`) },
      { head: 'Why', kind: 'wide', cell: ({ why }) => shownText(why, { characters: WHY_CHARACTERS }) },
      ...(viewer.role === 'operator' && shown.some(({ run }) => run !== null && retryable.includes(run))
        ? [{ head: 'Mend', cell: (hole: Hole) => retryButton(hole, retryable, viewer) }]
        : []),
    ],
    rows: shown,
    empty: '',
  })}`;
}

function retryButton({ run }: Hole, retryable: readonly number[], viewer: Viewer): Html {
  return run !== null && retryable.includes(run) ? actionButton(viewer, `/runs/${run}/retry`, `Retry ${run}`) : html``;
}

function mendHtml(view: string, holes: readonly Hole[]): Html {
  const commands = mendingCommands(view, holes);
  if (commands.length === 0) return html``;
  const more = commands.length - COMMANDS_SHOWN;
  return html`<p>Mend them with:</p>
<ul class="commands">${commands.slice(0, COMMANDS_SHOWN).map((command) => html`<li><code>${command}</code></li>`)}</ul>
${more > 0 ? html`<p class="dim">… and ${more} more</p>` : ''}`;
}
