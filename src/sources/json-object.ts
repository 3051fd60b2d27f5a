// One object of a json file: whether it is JSON, what its keys are, and what DuckDB would not give back as it is written.

const DEPTH_MAX = 1_000;

export type JsonObject = {
  readonly keys: readonly string[];
  /** Keys of numbers with a point or an exponent, which DuckDB writes anew from doubles. */
  readonly reals: readonly string[];
  /** The same object so that `textOfKey` finds every value; null where the text is such already. */
  readonly rewritten: string | null;
};

/** The object, or why the text is none: the end of `line 7 …`. */
export function jsonObject(text: string): JsonObject | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'is not valid JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: 'is not an object, where one object per row is expected' };
  }
  if (/\\u[dD][89a-fA-F]/.test(text) && /\\ud[89a-f]/.test(JSON.stringify(value))) {
    return { problem: 'holds half a surrogate pair' };
  }
  const members = membersOf(text);
  if (members === null) return { problem: `is nested more than ${DEPTH_MAX} deep` };
  const keys = members.map(({ key }) => key);
  if (new Set(keys).size < keys.length) return { problem: 'is an object that has a key twice' };
  return { keys, reals: members.filter(isReal).map(({ key }) => key), rewritten: rewritten(text, members) };
}

type Member = { readonly key: string; readonly rawKey: string; readonly raw: string; readonly at: number };

/** The members of an object that is valid JSON; null where it is nested too deep. */
function membersOf(text: string): Member[] | null {
  const members: Member[] = [];
  let at = afterSpaces(text, text.indexOf('{') + 1);
  while (text[at] === '"') {
    const keyEnd = afterString(text, at);
    const rawKey = text.slice(at, keyEnd);
    const start = afterSpaces(text, text.indexOf(':', keyEnd) + 1);
    const end = afterValue(text, start);
    if (end === null) return null;
    const key: string = rawKey.includes('\\') ? JSON.parse(rawKey) : rawKey.slice(1, -1);
    members.push({ key, rawKey, raw: text.slice(start, end), at });
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

const BRACKET_OR_QUOTE = /["[\]{}]/g;
const SCALAR = /[^,}\s]+/y;

function afterValue(text: string, start: number): number | null {
  const first = text[start];
  if (first === '"') return afterString(text, start);
  if (first !== '{' && first !== '[') {
    SCALAR.lastIndex = start;
    SCALAR.exec(text);
    return SCALAR.lastIndex;
  }
  let depth = 0;
  BRACKET_OR_QUOTE.lastIndex = start;
  for (let found = BRACKET_OR_QUOTE.exec(text); found !== null; found = BRACKET_OR_QUOTE.exec(text)) {
    const [token] = found;
    if (token === '"') BRACKET_OR_QUOTE.lastIndex = afterString(text, found.index);
    else depth += token === '{' || token === '[' ? 1 : -1;
    if (depth > DEPTH_MAX) return null;
    if (depth === 0) return BRACKET_OR_QUOTE.lastIndex;
  }
  return null;
}

function isReal({ raw }: Member): boolean {
  return /^-?\d/.test(raw) && /[.eE]|^-0/.test(raw);
}

/** Numbers go first, where their digits are found; what is nested and holds more digits than a double becomes a text. */
function rewritten(text: string, members: readonly Member[]): string | null {
  const hidden = members.filter((member) => isReal(member) && !isFirst(text, member));
  const long = members.filter(({ raw }) => /^[{[]/.test(raw) && /\d[\d.]{15}/.test(raw));
  if (hidden.length === 0 && long.length === 0) return null;
  const first = members.filter(isReal);
  const written = [...first, ...members.filter((member) => !first.includes(member))].map((member) => {
    const value = long.includes(member) ? JSON.stringify(member.raw) : member.raw;
    return `${JSON.stringify(member.key)}:${value}`;
  });
  return `{${written.join(',')}}`;
}

/** Whether the first place where the key is written is the member itself. */
function isFirst(text: string, { key, rawKey, at }: Member): boolean {
  return rawKey === JSON.stringify(key) && text.indexOf(rawKey) === at;
}
