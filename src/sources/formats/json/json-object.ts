// One object of a JSON file: whether it is valid JSON, its keys, and the values that DuckDB would change.

const DEPTH_MAX = 1_000;

export type JsonObject = {
  readonly keys: readonly string[];
  /** Keys of numbers with a point or an exponent, which DuckDB rewrites from doubles. */
  readonly reals: readonly string[];
  /** The object in a form in which `textOfRealKey` finds every value; null if the text is already in that form. */
  readonly rewritten: string | null;
};

export const NOT_JSON = 'is not valid JSON';

/**
 * The object, or its problem as the end of `line 7 …`. A string under a key in `documents` (in lower case) is kept as JSON,
 * with its quotes: "5" is not 5.
 */
export function jsonObject(text: string, documents: ReadonlySet<string>): JsonObject | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: NOT_JSON };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: 'is not an object; expected one object per row' };
  }
  if (/\\u[dD][89a-fA-F]/.test(text) && /\\ud[89a-f]/.test(JSON.stringify(value))) {
    return { problem: 'contains an unpaired surrogate' };
  }
  const members = membersOf(text);
  if (members === null) return { problem: `is nested more than ${DEPTH_MAX} levels` };
  const keys = members.map(({ key }) => key);
  if (new Set(keys).size < keys.length) return { problem: 'has a duplicate key' };
  // A duplicate key has two colons and one value.
  const colons = members.reduce((sum, member) => sum + member.colons, 0);
  if (colons > 0 && colons !== nestedKeys(value)) return { problem: 'contains an object with a duplicate key' };
  const reals = members.filter(isReal).map(({ key }) => key);
  return { keys, reals, rewritten: rewritten(text, members, documents) };
}

/** The number of keys of all objects inside a value. */
function nestedKeys(value: object): number {
  let count = 0;
  for (const nested of Object.values(value)) {
    if (typeof nested !== 'object' || nested === null) continue;
    count += nestedKeys(nested) + (Array.isArray(nested) ? 0 : Object.keys(nested).length);
  }
  return count;
}

type Member = {
  readonly key: string;
  readonly rawKey: string;
  readonly raw: string;
  readonly at: number;
  /** The colons in the value that are not in strings. */
  readonly colons: number;
};

/** The members of an object that is valid JSON; null if it is nested too deep. */
function membersOf(text: string): Member[] | null {
  const members: Member[] = [];
  let at = afterSpaces(text, text.indexOf('{') + 1);
  while (text[at] === '"') {
    const keyEnd = afterString(text, at);
    const rawKey = text.slice(at, keyEnd);
    const start = afterSpaces(text, text.indexOf(':', keyEnd) + 1);
    const value = afterValue(text, start);
    if (value === null) return null;
    const { end, colons } = value;
    const key: string = rawKey.includes('\\') ? JSON.parse(rawKey) : rawKey.slice(1, -1);
    members.push({ key, rawKey, raw: text.slice(start, end), at, colons });
    at = afterSpaces(text, end);
    if (text[at] === ',') at = afterSpaces(text, at + 1);
  }
  return members;
}

function afterSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at += 1;
  return at;
}

function afterString(text: string, start: number): number {
  for (let at = start + 1; ; ) {
    const quote = text.indexOf('"', at);
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

const MARK = /[":[\]{}]/g;
const SCALAR = /[^,}\s]+/y;

function afterValue(text: string, start: number): { readonly end: number; readonly colons: number } | null {
  const first = text[start];
  if (first === '"') return { end: afterString(text, start), colons: 0 };
  if (first !== '{' && first !== '[') {
    SCALAR.lastIndex = start;
    SCALAR.exec(text);
    return { end: SCALAR.lastIndex, colons: 0 };
  }
  let depth = 0;
  let colons = 0;
  MARK.lastIndex = start;
  for (let found = MARK.exec(text); found !== null; found = MARK.exec(text)) {
    const [token] = found;
    if (token === '"') MARK.lastIndex = afterString(text, found.index);
    else if (token === ':') colons += 1;
    else depth += token === '{' || token === '[' ? 1 : -1;
    if (depth > DEPTH_MAX) return null;
    if (depth === 0) return { end: MARK.lastIndex, colons };
  }
  return null;
}

function isReal({ raw }: Member): boolean {
  return /^-?\d/.test(raw) && /[.eE]|^-0/.test(raw);
}

/** More digits than every double keeps, or an exponent so small that a double keeps fewer. */
const LONG_NUMBER = /\d[\d.]{15}|[eE]-\d{3}/;

/**
 * Moves numbers to the front, where their digits are found. Nested values with more digits than a double become strings, and
 * so do strings that are documents, with their quotes.
 */
function rewritten(text: string, members: readonly Member[], documents: ReadonlySet<string>): string | null {
  const hidden = members.filter((member) => isReal(member) && !isFirst(text, member));
  const quoted = members.filter(({ key, raw }) =>
    raw[0] === '"' ? documents.has(key.toLowerCase()) : /^[{[]/.test(raw) && LONG_NUMBER.test(raw),
  );
  if (hidden.length === 0 && quoted.length === 0) return null;
  const first = members.filter(isReal);
  const written = [...first, ...members.filter((member) => !first.includes(member))].map((member) => {
    const value = quoted.includes(member) ? JSON.stringify(member.raw) : member.raw;
    return `${JSON.stringify(member.key)}:${value}`;
  });
  return `{${written.join(',')}}`;
}

/** Whether the first occurrence of the key in the text is the member itself. */
function isFirst(text: string, { key, rawKey, at }: Member): boolean {
  return rawKey === JSON.stringify(key) && text.indexOf(rawKey) === at;
}

/** Key, in lower case → the text of its value as DuckDB returns it, except for nested values; null for an invalid object. */
export function scalarTexts(text: string): ReadonlyMap<string, string | null> | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const members = membersOf(text);
  if (members === null) return null;
  return new Map(members.map(({ key, raw }) => [key.toLowerCase(), scalarText(raw)]));
}

function scalarText(raw: string): string | null {
  if (raw === 'null') return null;
  return raw.startsWith('"') ? String(JSON.parse(raw)) : raw;
}
