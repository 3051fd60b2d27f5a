// The deployed definition of a view, which workers run; the file may differ.

import { html } from 'hono/html';
import { formatDuration } from '../../core/duration.ts';
import { safe, text } from '../../core/message.ts';
import { appliedChecks, type Check } from '../../definition/check.ts';
import { type FeatureView, hasIntervals } from '../../definition/view.ts';
import { count, counted } from '../../presentation/format.ts';
import type { Fact, Text } from '../../presentation/text.ts';
import { checkName } from '../../quality/sentence.ts';
import type { Html } from '../context.ts';
import { factList } from './sentence.ts';
import { shownText } from './shown-text.ts';
import { table } from './table.ts';
import { writtenColumns, writtenFiles } from './written-files.ts';

const QUERY_CHARACTERS = 20_000;

export function definitionHtml(view: FeatureView): Html {
  return html`<h2 id="definition">Deployed definition</h2>
${factList(settingsOf(view))}
${table({
  caption: 'Features',
  columns: [
    { head: 'Feature', cell: ({ name }) => name },
    { head: 'Type', cell: ({ type }) => type },
    { head: 'Column', kind: 'wide', cell: ({ column }) => shownText(column, { characters: 100 }) },
    { head: 'Null', cell: ({ nullable }) => (nullable ? 'allowed' : 'refused') },
  ],
  rows: view.features,
  empty: '',
})}
${view.query === null ? '' : code('Query', view.query)}
${view.pivot === undefined ? '' : code('Pivot', `name: ${view.pivot.name}\nvalue: ${view.pivot.value}`)}
${view.columns === null ? '' : code('Columns', writtenColumns(view.columns))}
${view.files === null ? '' : code('Files', writtenFiles(view.files))}`;
}

function code(title: string, text: string): Html {
  return html`<h3>${title}</h3>
<pre class="code" tabindex="0" role="region" aria-label="${title}">${shownText(text, { characters: QUERY_CHARACTERS })}</pre>`;
}

/** Settings that differ from the defaults. */
function settingsOf(view: FeatureView): Fact[] {
  const facts: Fact[] = [
    ['owner', view.owner ?? ''],
    ['tags', view.tags.join(', ')],
    ['settle', view.settleMs === 0 ? '' : formatDuration(view.settleMs)],
    ['lookback', view.lookbackUnits === 0 ? '' : counted(view.lookbackUnits, 'unit')],
    ['ttl', view.ttlMs === null ? '' : formatDuration(view.ttlMs)],
    ['catch_up', hasIntervals(view.kind) ? view.catchUp : ''],
    // Rules about whole runs do not apply to pushed rows.
    ['refused_max', view.kind === 'pushed' ? '' : shareText(view.refusedMax)],
    ['removed_max', view.kind === 'pushed' ? '' : shareText(view.removedMax)],
    ['duplicates_max', view.duplicatesMax === undefined ? '' : shareText(view.duplicatesMax)],
    ['rows_max', view.rowsMax === undefined ? '' : count(view.rowsMax)],
    ['pauses', view.failuresMax === 0 ? 'never' : `after ${counted(view.failuresMax, 'failed run')} in a row`],
    ...appliedChecks(view).map((check): Fact => ['check', checkText(check)]),
    ['redacted', view.redacted ? 'yes: values are never shown' : ''],
  ];
  return facts.filter(([, value]) => value !== '');
}

/** `amount > 0, on failure warn`. */
function checkText(check: Check): Text {
  return text`${checkName(check)}, on failure ${safe(check.onFailure)}`;
}

/** `1.1%`, as written; not 1.1000000000000001. */
function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(12))}%`;
}
