// Rules of a view's query: it exists, and it can be repeated for a past interval.

import { parseDuration } from '../../core/duration.ts';
import { DATABASE_DIALECTS } from '../query/sql-text.ts';
import {
  type HiddenPlaceholder,
  hiddenPlaceholder,
  parseTemplate,
  placeholdersOf,
  type SqlDialect,
  type UnknownPlaceholder,
  unknownPlaceholders,
} from '../query/template.ts';
import { atKey, atValue, type Finding, inText, unusedKeys, type ViewDraft } from './finding.ts';

export function queryFindings(draft: ViewDraft): Finding[] {
  return [...eitherQueryOrColumns(draft), ...placeholderFindings(draft)];
}

function eitherQueryOrColumns(draft: ViewDraft): Finding[] {
  const { written } = draft;
  if (written.has('from') || written.has('keys')) return [];
  if (written.has('tables')) {
    const findings = unusedKeys(draft, ['columns'], 'only for a view over `files`; name the columns in the query');
    if (written.has('query') || written.has('columns')) return findings;
    return [atKey(['query'], '`query` is missing; expected SQL over the tables under `tables`')];
  }
  if (!written.has('files') && !written.has('path')) {
    const findings = unusedKeys(draft, ['columns'], 'only for a view over `files`; name the columns in the query');
    if (written.has('query') || written.has('columns')) return findings;
    const { pivot } = draft.sound;
    const returned = pivot === undefined ? ' and the features' : `, ${pivot.name} and ${pivot.value}`;
    return [atKey(['query'], `\`query\` is missing; expected SQL that returns entity_id, timestamp${returned}`)];
  }
  if (written.has('query'))
    return unusedKeys(draft, ['columns'], 'cannot be combined with `query`; remove one of them');
  if (written.has('columns')) return [];
  return [
    atKey(
      ['query'],
      `\`query\` is missing; expected SQL over the table \`${written.has('path') ? 'pages' : 'files'}\`, or \`columns\``,
    ),
  ];
}

/** Whether a parser can read the query of a view. A query without placeholders that its kind needs can be read. */
export function isReadable(draft: ViewDraft): boolean {
  const { query } = draft.sound;
  if (query === undefined || eitherQueryOrColumns(draft).length > 0) return false;
  return unreadFindings(draft, bestReading(draft, query)).length === 0;
}

function placeholderFindings(draft: ViewDraft): Finding[] {
  const { query } = draft.sound;
  if (query === undefined) return [];
  const reading = bestReading(draft, query);
  const unread = unreadFindings(draft, reading);
  return unread.length > 0 ? unread : kindFindings(draft, reading.has);
}

type Reading = {
  readonly query: string;
  readonly dialect: SqlDialect;
  readonly unknown: readonly UnknownPlaceholder[];
  readonly has: ReadonlySet<'start' | 'end'>;
};

/** The kind of database is known only when the variables are resolved, so a query that is valid in either one is accepted. */
function bestReading(draft: ViewDraft, query: string): Reading {
  const [first, ...others] = dialectsOf(draft);
  return others.map((dialect) => readingIn(dialect, query)).reduce(betterOf, readingIn(first, query));
}

function readingIn(dialect: SqlDialect, query: string): Reading {
  const has = placeholdersOf(parseTemplate(query, dialect));
  return { query, dialect, unknown: unknownPlaceholders(query, dialect), has };
}

/** The one with fewer unknown placeholders, then with more known ones; the first if they are alike. */
function betterOf(a: Reading, b: Reading): Reading {
  return (b.unknown.length - a.unknown.length || a.has.size - b.has.size) < 0 ? b : a;
}

/** Placeholders that are not replaced: with an unknown name, in quotes or in a comment. */
function unreadFindings(draft: ViewDraft, { query, dialect, unknown, has }: Reading): Finding[] {
  if (unknown.length > 0) {
    return unknown.map(({ name, suggestion, at }) => {
      const hint = suggestion === null ? '; expected {{start}} or {{end}}' : `; did you mean {{${suggestion}}}?`;
      return inText(['query'], at, `\`query\`: unknown placeholder {{${name}}}${hint}`);
    });
  }
  return absentPlaceholders(draft, has).flatMap((name) => hiddenFinding(name, hiddenPlaceholder(query, name, dialect)));
}

/** The placeholders that the kind of the view needs and its query does not have. */
function absentPlaceholders(draft: ViewDraft, has: ReadonlySet<'start' | 'end'>): ('start' | 'end')[] {
  const { kind } = draft.sound;
  if (kind === 'latest' || kind === undefined || (kind === 'events' && isTimedByFiles(draft))) return [];
  const needed = kind === 'snapshot' ? (['end'] as const) : (['start', 'end'] as const);
  return needed.filter((name) => !has.has(name));
}

function hiddenFinding(name: 'start' | 'end', hidden: HiddenPlaceholder | null): Finding[] {
  if (hidden === null) return [];
  const sentence =
    hidden.kind === 'comment'
      ? `{{${name}}} is only in a comment; use it in the query`
      : `{{${name}}} is in quotes, so it would be read as plain text; remove the quotes around it`;
  return [inText(['query'], hidden.at, `\`query\`: ${sentence}`)];
}

function kindFindings(draft: ViewDraft, has: ReadonlySet<'start' | 'end'>): Finding[] {
  const { kind } = draft.sound;
  const say = (sentence: string) => [atValue(['query'], `\`query\`: ${sentence}`)];
  if (kind === 'latest' && has.size > 0) {
    return say('a view of kind latest has no intervals, so its query cannot use {{start}} or {{end}}');
  }
  if (kind === 'snapshot' && !has.has('end')) {
    return say(
      'a snapshot needs {{end}}, so that it can be repeated for a past interval; use `kind: latest` for a query of the current state',
    );
  }
  if (kind !== 'events' || has.size === 2 || isTimedByFiles(draft)) return [];
  const absent = absentPlaceholders(draft, has).map((name) => `{{${name}}}`);
  return say(
    `a query for events needs {{start}} and {{end}}, so that it can be rerun for a past interval; ${absent.join(' and ')} ${absent.length === 1 ? 'is' : 'are'} missing`,
  );
}

/** Whether a run reads only the files of its interval. Then the query needs no time filter, and rows of other times are refused. */
function isTimedByFiles({ sound, written }: ViewDraft): boolean {
  if (written.has('path')) return hasBounds(sound);
  if (!written.has('files') && !written.has('tables')) return false;
  const windows = [sound.files_window, ...Object.values(sound.tables ?? {}).map((table) => table.files_window)];
  const interval = parseDuration(sound.interval ?? '');
  return windows.every((window) => window === undefined || parseDuration(window) === interval);
}

/** Whether the request names both bounds of the interval. */
function hasBounds({ path = '', parameters = {} }: ViewDraft['sound']): boolean {
  const texts = [path, ...Object.values(parameters)];
  return ['{{start}}', '{{end}}'].every((name) => texts.some((each) => each.includes(name)));
}

function dialectsOf({ written }: ViewDraft): readonly [SqlDialect, ...SqlDialect[]] {
  return written.has('files') || written.has('tables') || written.has('path') ? ['duckdb'] : DATABASE_DIALECTS;
}
