// Tables: a caption, a head, rows. On a narrow screen each row becomes a block, whose cells say what they are; the roles keep
// it a table for whoever does not see it.

import { html } from 'hono/html';
import type { Html } from './context.ts';
import { hrefOf } from './href.ts';

export type Column<Row> = {
  readonly head: string;
  readonly cell: (row: Row) => Html | string | number;
  /** Numbers stand at the right; names and long texts get the room that they need. */
  readonly kind?: 'number' | 'wide' | 'name';
};

type Table<Row> = {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Said instead of a table without rows. */
  readonly empty: Html | string;
  /** What is told of a row below it. */
  readonly note?: (row: Row) => Html | null;
};

export function table<Row>({ caption, columns, rows, empty, note }: Table<Row>): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<table role="table" class="rows">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(({ head, kind }) => html`<th role="columnheader" scope="col" class="${kind ?? ''}">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => html`${rowHtml(columns, row)}${noteHtml(columns.length, note?.(row) ?? null)}`)}</tbody>
</table>`;
}

function rowHtml<Row>(columns: readonly Column<Row>[], row: Row): Html {
  return html`<tr role="row">${columns.map(({ head, cell, kind }, place) =>
    place === 0
      ? html`<th role="rowheader" scope="row" data-head="${head}" class="${kind ?? ''}">${cell(row)}</th>`
      : html`<td role="cell" data-head="${head}" class="${kind ?? ''}">${cell(row)}</td>`,
  )}</tr>
`;
}

function noteHtml(columns: number, note: Html | null): Html {
  return note === null
    ? html``
    : html`<tr role="row" class="note"><td role="cell" colspan="${columns}">${note}</td></tr>\n`;
}

/** The link to what comes after a full page; nothing where there is no more. */
export function older(
  path: string,
  query: Readonly<Record<string, string | number | null>>,
  { full, next, label = 'Older' }: { full: boolean; next: Readonly<Record<string, string | number>>; label?: string },
): Html {
  const isFirst = Object.keys(next).every((name) => query[name] == null);
  const first = Object.fromEntries(Object.keys(next).map((name) => [name, null]));
  if (!full && isFirst) return html``;
  return html`<nav class="pager" aria-label="Pages of the list">${isFirst ? '' : html`<a href="${hrefOf(path, { ...query, ...first })}">First page</a>`}${full ? html`<a rel="next" href="${hrefOf(path, { ...query, ...next })}">${label}</a>` : ''}</nav>`;
}
