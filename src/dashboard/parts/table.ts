// Tables. On a narrow screen each row becomes a block with labeled cells; the ARIA roles keep it a table for screen
// readers.

import { html } from 'hono/html';
import type { Html } from '../context.ts';
import { hrefOf } from '../href.ts';

export type Column<Row> = {
  readonly head: string;
  readonly cell: (row: Row) => Html | string | number;
  /** Numbers are right-aligned, ids never wrap; names, strips and long strings get more room. */
  readonly kind?: 'number' | 'wide' | 'name' | 'id' | 'units-cell';
};

type Table<Row> = {
  readonly caption: string;
  /** `brief`: cells need no labels on a narrow screen. */
  readonly layout?: 'brief';
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** `run-7`: unique on the page; for rows with buttons, which an update keeps together. */
  readonly rowId?: (row: Row) => string;
  /** Shown instead of an empty table. */
  readonly empty: Html | string;
  /** A note below a row. */
  readonly note?: (row: Row) => Html | null;
};

export function table<Row>({ caption, layout, columns, rows, rowId, empty, note }: Table<Row>): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<table role="table" class="rows${layout === undefined ? '' : ' brief'}">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(({ head, kind }) => html`<th role="columnheader" scope="col" class="${kind ?? ''}">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => html`${rowHtml(columns, row, rowId?.(row) ?? null)}${noteHtml(columns.length, note?.(row) ?? null)}`)}</tbody>
</table>`;
}

function rowHtml<Row>(columns: readonly Column<Row>[], row: Row, id: string | null): Html {
  return html`<tr role="row"${id === null ? '' : html` id="${id}"`}>${columns.map(({ head, cell, kind }, place) =>
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

/** The link to the next page, if this one is full. */
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
