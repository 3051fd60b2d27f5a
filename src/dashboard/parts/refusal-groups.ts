// Refused rows by view, reason and field, with examples of what was wrong.

import { html } from 'hono/html';
import { count } from '../../presentation/format.ts';
import type { RefusalGroup, RefusalGroups } from '../../state/queries/refusal-groups.ts';
import type { Html } from '../context.ts';
import { hrefOf } from '../href.ts';
import { meaningOf } from './meaning.ts';
import { shownText } from './shown-text.ts';
import { type Column, table } from './table.ts';

/** The groups, and a link to the rows. */
export function groupsHtml({ groups, ofRows, isAll }: RefusalGroups, view: string | null): Html {
  const href = hrefOf('/quarantine', { view, rows: 'all' });
  const all = groups.length === 0 ? '' : html`<p><a href="${href}">Show all rows, newest first</a></p>`;
  return html`${table({
    caption: `By view, reason and field (${isAll ? 'all' : 'the newest'} ${count(ofRows)} rows in quarantine)`,
    layout: 'brief',
    columns: COLUMNS,
    rows: groups,
    rowId: (group) => `group-${group.view}-${group.reason}-${groups.indexOf(group)}`,
    empty: 'No refused rows: all rows passed the row check.',
  })}
${all}`;
}

const COLUMNS: readonly Column<RefusalGroup>[] = [
  {
    head: 'Reason',
    cell: ({ view, reason }) =>
      html`<a href="${hrefOf('/quarantine', { view, reason })}" title="${meaningOf(reason)}">${shownText(reason)}</a>`,
  },
  { head: 'View', cell: ({ view }) => html`<a href="/views/${view}">${view}</a>` },
  { head: 'Field', cell: ({ field }) => (field === null ? html`–` : shownText(field)) },
  { head: 'Rows', kind: 'number', cell: ({ rows }) => count(rows) },
  { head: 'Runs', kind: 'number', cell: ({ runs }) => count(runs) },
  { head: 'Newest run', kind: 'number', cell: ({ run }) => html`<a href="/runs/${run}">${run}</a>` },
  { head: 'Examples', kind: 'wide', cell: examplesHtml },
];

function examplesHtml({ examples, reason }: RefusalGroup): Html {
  if (examples.length === 0)
    return html`${meaningOf(reason)} <span class="dim">(rows of redacted views are not shown)</span>`;
  return html`<ul class="plain">${examples.map((example) => html`<li>${shownText(example)}</li>`)}</ul>`;
}
