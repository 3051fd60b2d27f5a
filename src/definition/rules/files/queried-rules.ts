// Rules of a table that a query on another source fills.

import type { AnyTableFile } from '../../files/view-file.ts';
import { parseTemplate, placeholdersOf, unknownPlaceholders } from '../../query/template.ts';
import { formatKeyPath } from '../../yaml/problem.ts';
import { atKey, atValue, type Finding, inText, type ViewDraft } from '../finding.ts';

const QUERIED_KEYS: readonly (keyof AnyTableFile)[] = ['source', 'query', 'rows_max'];

/** Whether a table has a key of those that are read from another source. */
export function isQueried(table: AnyTableFile): boolean {
  return QUERIED_KEYS.some((key) => table[key] !== undefined);
}

export function queriedFindings({ sound }: ViewDraft, name: string, table: AnyTableFile): Finding[] {
  const path = (key: string) => ['tables', name, key];
  const at = (key: string, sentence: string) => atKey(path(key), `\`${formatKeyPath(path(key))}\`${sentence}`);
  const written = Object.entries(table).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  const others = written.filter((key) => !QUERIED_KEYS.some((one) => one === key));
  const missing = (['source', 'query'] as const).filter((key) => table[key] === undefined);
  const what = { source: 'the name of the database that the query reads', query: 'SQL over the tables of its source' };
  return [
    ...others.map((key) =>
      at(key, ': cannot be combined with `query`, which reads another source; remove one of them'),
    ),
    ...missing.map((key) => at(key, ` is missing; expected ${what[key]}`)),
    ...placeholderFindings(sound.kind, path('query'), table.query ?? ''),
  ];
}

function placeholderFindings(kind: string | undefined, path: readonly string[], query: string): Finding[] {
  const key = formatKeyPath([...path]);
  // A placeholder that is one in some dialect only is in quotes or in a comment in the others.
  const unknown = unknownPlaceholders(query, 'postgres').map(({ name, at }) =>
    inText([...path], at, `\`${key}\`: unknown placeholder {{${name}}}; expected {{start}} or {{end}}`),
  );
  if (kind !== 'latest' || placeholdersOf(parseTemplate(query, 'postgres')).size === 0) return unknown;
  const why = 'a view of kind latest has no intervals, so its queries cannot use {{start}} or {{end}}';
  return [...unknown, atValue([...path], `\`${key}\`: ${why}`)];
}
