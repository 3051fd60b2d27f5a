// Checks a query over files with DuckDB itself, over empty tables with the columns that are known, in the process that also
// runs queries: the same version and settings decide.

import type { Clock } from '../../core/clock.ts';
import { epochMsOf } from '../../core/instant.ts';
import { codeOf, wordBefore } from '../../definition/query/code-words.ts';
import { unboundSentence } from '../../definition/query/lexical-problems.ts';
import { type FilledQuery, filledQuery } from '../../definition/query/offsets.ts';
import { columnErrors } from '../../definition/query/output-columns.ts';
import { type QueryProblem, type QueryToCheck, queryError } from '../../definition/query/query-problem.ts';
import { quotedName, quotedText } from '../formats/quote.ts';
import { timestamptzLiteral } from '../query-text.ts';
import { type Engine, openEngine } from './duckdb.ts';
import { duckdbMessage, EngineEnded, NotOneSelect, StepTimeout } from './engine/errors.ts';
import { openEnginePool } from './engine/pool.ts';
import { type SpelledNames, spelledNames } from './spelled-names.ts';
import { stubTable } from './stub-table.ts';

const LIMIT_MB = 256;
const STEP_MS = 10_000;
/** Any instant: the query is prepared, not run. */
const INSTANT = epochMsOf(Date.UTC(2026, 0, 2));

/** The errors of each query. If the DuckDB process ends, the rest of them count as valid. */
export async function lakeErrors(checked: readonly QueryToCheck[], clock: Clock): Promise<QueryProblem[][]> {
  await using pool = openEnginePool({ clock, processesMax: 1, ahead: 'none' });
  const found: QueryProblem[][] = [];
  try {
    await using engine = await openEngine({
      leased: pool.lease('check'),
      memoryLimitMb: LIMIT_MB,
      stepTimeoutMs: STEP_MS,
      clock,
      paths: [],
      signal: new AbortController().signal,
    });
    await engine.lock();
    for (const query of checked) found.push(await errorsOf(engine, query));
  } catch (error) {
    if (!(error instanceof EngineEnded || error instanceof StepTimeout)) throw error;
    // A query that exhausts the process while it is prepared, or no process can be started: no reason to refuse a query.
  }
  return checked.map((_, index) => found[index] ?? []);
}

async function errorsOf(engine: Engine, checked: QueryToCheck): Promise<QueryProblem[]> {
  const filled = filledQuery(checked.query, 'duckdb', () => timestamptzLiteral(INSTANT));
  const [[serialized] = []] = await engine.rows(`select json_serialize_sql(${quotedText(filled.text)})::varchar`);
  const names = spelledNames(JSON.parse(serialized ?? 'null'));
  await makeTables(engine, checked, names);
  try {
    const columns = await engine.prepareSelect(filled.text, 'keep');
    if (checked.columns === null || names === null || names.hasStar) return [];
    const found = columns.map(({ name }) => ({ name: name.toLowerCase(), at: placeOf(checked.query, name) }));
    const { keys, optional } = checked;
    const wanted = { keys, columns: checked.columns.map(lower), optional };
    return columnErrors(found, wanted, Math.max(0, codeOf(checked.query, 'duckdb').search(/\S/)));
  } catch (error) {
    if (error instanceof NotOneSelect) return [notOneSelect(checked.query, error)];
    const message = duckdbMessage(error);
    if (message === null) throw error;
    return await explained(engine, { checked, filled, names, message, serialized: serialized ?? '' });
  } finally {
    for (const name of Object.keys(checked.tables)) await engine.run(`drop view if exists ${quotedName(name)}`);
  }
}

async function makeTables(engine: Engine, { tables }: QueryToCheck, names: SpelledNames | null): Promise<void> {
  for (const [name, table] of Object.entries(tables)) {
    await engine.run(`create or replace temp view ${quotedName(name)} as ${stubTable(table, names)}`);
  }
}

type Rejected = {
  readonly checked: QueryToCheck;
  readonly filled: FilledQuery;
  readonly names: SpelledNames | null;
  readonly message: string;
  /** The reply of json_serialize_sql. */
  readonly serialized: string;
};

function notOneSelect(query: string, { message }: NotOneSelect): QueryProblem {
  const parameter = message.includes('parameters') ? /\?|\$\w+/.exec(codeOf(query, 'duckdb')) : null;
  if (parameter !== null) return queryError(parameter.index, unboundSentence(parameter[0]));
  return queryError(0, `it ${message}; expected one SELECT`);
}

/** Only errors that do not depend on what the files hold. */
async function explained(engine: Engine, rejected: Rejected): Promise<QueryProblem[]> {
  const { checked, filled, message } = rejected;
  const [first = ''] = message.split('\n', 1);
  const said = first
    .replace(/^[\w ]+ Error: /i, '')
    .replace(/[.!]$/, '')
    .replace(/^(?:\w+ )?(Function|Type|Table) with name (\S+)/, (_, kind, name) => `the ${kind.toLowerCase()} ${name}`);
  const at = filled.offsetOf(positionIn(rejected));
  if (/^(Parser|Syntax) Error/i.test(message)) {
    return [queryError(at, `${lowerFirst(said)}${await keywordHint(engine, checked.query, at)}`)];
  }
  if (/^Catalog Error/i.test(message)) {
    const nearest = /Did you mean "([^"]*)"/.exec(message)?.[1];
    return [queryError(at, `${lowerFirst(said)}${catalogHint(said, nearest, checked)}`)];
  }
  if (/^Permission Error/i.test(message)) {
    const tables = Object.keys(checked.tables).join(', ');
    return [queryError(at, `a query can read only its own tables (${tables}): ${lowerFirst(said)}`)];
  }
  const types = /^Binder Error: No function matches the given name and argument types '([^(]*)\((.*)\)'/i.exec(message);
  return types === null ? [] : textErrors(rejected, at, types[1] ?? '', types[2] ?? '');
}

/** For a function that does not take text, which a column of CSV or JSON is unless `types` says otherwise. */
function textErrors({ checked, names }: Rejected, at: number, name: string, types: string): QueryProblem[] {
  const tables = Object.values(checked.tables);
  const areKnown = tables.length > 0 && tables.every(({ format }) => format !== 'parquet');
  if (!areKnown || !types.includes('VARCHAR')) return [];
  const typed = tables.flatMap((table) => Object.entries(table.types));
  const declared = new Set(typed.filter(([, type]) => type !== 'string').map(([column]) => lower(column)));
  const text = (names?.columns ?? []).filter((column) => !declared.has(lower(column))).slice(0, 5);
  const which = text.length === 0 ? '' : ` (text: ${text.join(', ')})`;
  return [
    queryError(
      at,
      `\`${name}\` does not accept text; CSV and JSON columns are text unless \`types\` gives them a type${which}`,
    ),
  ];
}

function catalogHint(said: string, nearest: string | undefined, { tables }: QueryToCheck): string {
  if (!said.startsWith('the table ')) return nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
  const names = Object.keys(tables);
  return names.length === 1 ? `; the table is \`${names[0]}\`` : `; the tables are ${names.join(', ')}`;
}

/** A word of the grammar that is used as a name. */
async function keywordHint(engine: Engine, query: string, at: number): Promise<string> {
  const before = wordBefore(codeOf(query, 'duckdb'), at)?.word;
  if (before === undefined) return '';
  const [row] = await engine.rows(
    `select keyword_category::varchar from duckdb_keywords() where keyword_name = ${quotedText(before.toLowerCase())}`,
  );
  const isClause = /^(select|from|where|by|on|and|or|as|then|else|when|having|limit)$/i.test(before);
  if (row === undefined || isClause) return '';
  return `; if \`${before}\` is a name, write it in double quotes, because it is also a keyword`;
}

/** The offset that DuckDB's message marks. */
function positionIn({ filled, message, serialized }: Rejected): number {
  const marked = /^LINE (\d+): (.*)\n( *)\^/m.exec(message);
  const file = /Cannot access file "([^"]*)"/.exec(message)?.[1];
  if (marked === null && file !== undefined) return Math.max(0, filled.text.indexOf(`'${file}'`));
  if (marked === null) return Number(/"position":"(\d+)"/.exec(serialized)?.[1] ?? 0);
  const [, line = '1', shown = '', indent = ''] = marked;
  const column = indent.length - `LINE ${line}: `.length;
  const lines = filled.text.split('\n');
  const start = lines.slice(0, Number(line) - 1).join('\n').length + (line === '1' ? 0 : 1);
  if (!shown.startsWith('...')) return start + column;
  // A long line is cut on both sides.
  const part = shown.slice(3).replace(/\.\.\.$/, '');
  return start + Math.max(0, (lines[Number(line) - 1] ?? '').indexOf(part)) + column - 3;
}

/** Where a name is written in a query; its beginning if it is not. */
function placeOf(query: string, name: string): number {
  return Math.max(0, query.toLowerCase().lastIndexOf(name.toLowerCase()));
}

function lower(text: string): string {
  return text.toLowerCase();
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
