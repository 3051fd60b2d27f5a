// Warnings about queries that are valid, but may return other rows when they are repeated.

import { codeOf, placedPieces } from './code-words.ts';
import { type QueryProblem, type QueryToCheck, queryWarning } from './query-problem.ts';
import type { SqlDialect } from './sql-text.ts';

/** Without arguments. With one, such as a column, unix_timestamp is not the clock. */
const BARE_CLOCKS =
  /(?:clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|curdate|utc_date|unix_timestamp|get_current_timestamp|current_localtimestamp)\s*\(\s*\)/;
/** With or without a precision, such as 6. */
const PRECISE_CLOCKS = /(?:sysdate|curtime|utc_timestamp|utc_time)\s*\(\s*(?:\d+\s*)?\)/;
/** In ClickHouse, also with a time zone, which is quoted. */
const ZONED_CLOCKS = /(?:now|now64|today|yesterday)\s*\(\s*(?:\d+\s*)?(?:,\s*)?(?:[^\w\s(),]+\s*)?\)/;
const CLOCK_KEYWORDS = /(?:current_timestamp|current_date|current_time|localtimestamp|localtime)(?!\w)/;
const CLOCK = new RegExp(
  `(?<![.\\w"])(?:${[BARE_CLOCKS, PRECISE_CLOCKS, ZONED_CLOCKS, CLOCK_KEYWORDS].map(({ source }) => source).join('|')})`,
  'gi',
);
const VOLATILE =
  /(?<![.\w"])(?:random|rand|rand32|rand64|randcanonical|randuniform|randnormal|setseed|uuid|gen_random_uuid|generateuuidv[47]|uuid_generate_v[14]|uuidv7|uuidv4|random_normal|nextval)\s*\(|(?<!\w)(?:tablesample|using\s+sample)(?!\w)/gi;

/** The warnings of a query in a dialect that is known. */
export function queryWarnings({ query, kind }: QueryToCheck, dialect: SqlDialect): QueryProblem[] {
  const code = codeOf(query, dialect);
  const clocks = kind === 'latest' ? [] : [...code.matchAll(CLOCK)];
  return [
    ...clocks.map(({ 0: { length }, index }) => clockWarning(index, shown(query.slice(index, index + length)))),
    ...[...code.matchAll(VOLATILE)].map((found) =>
      queryWarning(
        found.index,
        `\`${shown(found[0])}\` returns a different result each time, so a repeated run stores different values`,
      ),
    ),
    ...(kind === 'latest' || dialect !== 'postgres' ? [] : clockLiterals(query)),
    ...unorderedLimits(code),
    ...quotedPlaceholders(query, dialect),
  ].toSorted((a, b) => a.at - b.at);
}

function clockWarning(at: number, written: string): QueryProblem {
  return queryWarning(
    at,
    `\`${written}\` is the time of the run, so a repeated run returns different rows; use {{end}} instead`,
  );
}

const CLOCK_LITERAL = /^'\s*(?:now|today|tomorrow|yesterday)\b[^']*'$/i;
const TIME_BEFORE = /(?<![.\w])(?:date|timestamp|timestamptz|time\s+zone)\s*$/i;
const TIME_AFTER = /^\s*(?:::|as)\s*(?:date|timestamp|timestamptz)(?!\w)/i;

/** Postgres reads `'today'::date` as the current day. */
function clockLiterals(query: string): QueryProblem[] {
  const pieces = placedPieces(query, 'postgres');
  return pieces.flatMap(({ kind, text, at }, index) => {
    if (kind !== 'quoted' || !CLOCK_LITERAL.test(text)) return [];
    const [before, after] = [pieces[index - 1], pieces[index + 1]].map((piece) =>
      piece?.kind === 'code' ? piece.text : '',
    );
    const isCast = /\bcast\s*\(\s*$/i.test(before ?? '') || /^\s*::/.test(after ?? '');
    const isTime = TIME_BEFORE.test((before ?? '').slice(-40)) || (isCast && TIME_AFTER.test(after ?? ''));
    return isTime ? [clockWarning(at, text)] : [];
  });
}

function shown(word: string): string {
  const name = word.replace(/\s+/g, ' ');
  return name.endsWith('(') ? `${name})` : name;
}

type Level = { readonly start: number; hasOrder: boolean; limit: number | null; readonly isExists: boolean };

const TOKENS =
  /[()]|(?<![.\w])order\s+by(?!\w)|(?<![.\w])limit\s+(?=[\d({])|(?<![.\w])fetch\s+(?:first|next)(?!\w)|(?<![.\w])(?:union|intersect|except)(?!\w)/gi;

/** Each `limit` without an `order by` in the same parentheses. */
function unorderedLimits(code: string): QueryProblem[] {
  const found: QueryProblem[] = [];
  const levels: Level[] = [levelAt(code, 0)];
  const close = (level: Level | undefined, end: number) => {
    if (level === undefined || level.limit === null || level.hasOrder || level.isExists) return;
    if (isOneRow(code.slice(level.start, end))) return;
    found.push(
      queryWarning(level.limit, '`limit` without `order by` can return different rows each time; add an `order by`'),
    );
  };
  for (const token of code.matchAll(TOKENS)) {
    const level = levels.at(-1);
    const word = token[0].toLowerCase();
    if (word === '(') levels.push(levelAt(code, token.index + 1));
    else if (word === ')') close(levels.length > 1 ? levels.pop() : undefined, token.index);
    else if (level === undefined) break;
    else if (word.startsWith('order')) level.hasOrder = true;
    else if (/^(limit|fetch)/.test(word)) level.limit ??= token.index;
  }
  for (const level of levels) close(level, code.length);
  return found;
}

function levelAt(code: string, start: number): Level {
  return { start, hasOrder: false, limit: null, isExists: /\bexists\s*\($/i.test(code.slice(0, start)) };
}

/** An aggregate without groups has one row with any limit. */
function isOneRow(code: string): boolean {
  return (
    /^\s*select\s+(?:count|sum|min|max|avg|array_agg|string_agg|bool_and|bool_or)\s*\(/i.test(code) &&
    !/\bgroup\s+by\b/i.test(code)
  );
}

function quotedPlaceholders(query: string, dialect: SqlDialect): QueryProblem[] {
  return placedPieces(query, dialect).flatMap(({ kind, text, at }) => {
    const name = kind === 'quoted' ? /^'\s*\{\{\s*(start|end)\s*\}\}\s*'$/.exec(text)?.[1] : undefined;
    if (name === undefined) return [];
    return [
      queryWarning(at, `{{${name}}} is in quotes, so it would be read as plain text; remove the quotes around it`),
    ];
  });
}
