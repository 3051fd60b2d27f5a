// Words such as 'today' that Postgres reads as the current time where it expects a time. A condition with one depends on more
// than the row, like one with now().

import { nodeOf } from '../../sql-parser/postgres.ts';

const CLOCK_WORD = /(?<![\p{L}\p{N}])(?:now|today|tomorrow|yesterday)(?![\p{L}\p{N}])/iu;

const TIME_TYPES = ['date', 'timestamp', 'timestamptz'];
const TIME_FUNCTIONS = ['date_trunc', 'date_part', 'extract', 'timezone', 'isfinite'];

/** Nodes whose operands are converted to a common type. */
const ALIKE = ['A_Expr', 'CoalesceExpr', 'MinMaxExpr', 'A_ArrayExpr', 'List', 'CaseExpr', 'CaseWhen'];

/** The first such word in the syntax tree of an expression that is read as a time; null if there is none. */
export function clockWordIn(node: unknown, times: readonly string[]): string | null {
  if (Array.isArray(node)) return firstOf(node, (each) => clockWordIn(each, times));
  const [kind, fields] = entryOf(node);
  if (fields === null) return null;
  const own = isReadAsTime(kind, fields, times) ? firstOf(operandsOf(kind, fields), wordOf) : null;
  return own ?? firstOf(Object.values(fields), (each) => clockWordIn(each, times));
}

/** Whether Postgres expects a time for the literals among the operands of a node. */
function isReadAsTime(kind: string, fields: Readonly<Record<string, unknown>>, times: readonly string[]): boolean {
  if (kind === 'TypeCast') return TIME_TYPES.includes(lastName(nodeOf(fields['typeName'])?.['names']));
  if (kind === 'FuncCall') return TIME_FUNCTIONS.includes(lastName(fields['funcname']));
  return ALIKE.includes(kind) && operandsOf(kind, fields).some((each) => isTime(each, times));
}

function operandsOf(kind: string, fields: Readonly<Record<string, unknown>>): unknown[] {
  if (kind === 'CaseExpr') {
    const branches = Array.isArray(fields['args']) ? fields['args'] : [];
    return [...branches.map((each) => entryOf(each)[1]?.['result']), fields['defresult']];
  }
  if (kind === 'CaseWhen') return [];
  const { name: _name, funcname: _function, typeName: _type, ...operands } = fields;
  return Object.values(operands).flatMap(itemsOf);
}

/** The items of a list, as in `x in (a, b)`; the operand itself for another one. */
function itemsOf(operand: unknown): unknown[] {
  if (Array.isArray(operand)) return operand.flatMap(itemsOf);
  const [kind, fields] = entryOf(operand);
  if (kind === 'List') return itemsOf(fields?.['items']);
  return kind === 'A_ArrayExpr' ? itemsOf(fields?.['elements']) : [operand];
}

/** Whether an operand is a time, so that Postgres reads the literals next to it as times. */
function isTime(node: unknown, times: readonly string[]): boolean {
  const [kind, fields] = entryOf(node);
  if (fields === null) return false;
  if (kind === 'ColumnRef') return times.includes(lastName(fields['fields']));
  if (kind === 'FuncCall') return ['date_trunc', 'timezone'].includes(lastName(fields['funcname']));
  if (kind === 'TypeCast') return isReadAsTime(kind, fields, times);
  return ALIKE.includes(kind) && !isComparison(fields) && operandsOf(kind, fields).some((each) => isTime(each, times));
}

/** A comparison of times is true or false; a sum with an interval is a time again. */
function isComparison(fields: Readonly<Record<string, unknown>>): boolean {
  return 'name' in fields && !['+', '-'].includes(lastName(fields['name']));
}

/** The word in a literal, also below a cast to text. */
function wordOf(node: unknown): string | null {
  const [kind, fields] = entryOf(node);
  if (kind === 'TypeCast') return wordOf(fields?.['arg']);
  const text = kind === 'A_Const' ? nodeOf(fields?.['sval'])?.['sval'] : undefined;
  return typeof text === 'string' ? (CLOCK_WORD.exec(text)?.[0] ?? null) : null;
}

function entryOf(node: unknown): [kind: string, fields: Readonly<Record<string, unknown>> | null] {
  const [entry] = Object.entries(nodeOf(node) ?? {});
  return entry === undefined ? ['', null] : [entry[0], nodeOf(entry[1])];
}

function lastName(names: unknown): string {
  const last: unknown = Array.isArray(names) ? names.at(-1)?.String?.sval : undefined;
  return typeof last === 'string' ? last : '';
}

function firstOf<Item>(items: readonly Item[], find: (item: Item) => string | null): string | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}
