// Parses the names of ClickHouse's types, such as Map(LowCardinality(String), Array(Nullable(UInt64))).

export type ClickhouseType = {
  /** Without parameters, Nullable and LowCardinality. */
  readonly name: string;
  /** The types of its elements: of Array one, of Map two, of Tuple and Nested any number. */
  readonly parts: readonly TypePart[];
};

/** An element of a type; `name` is null if it has none. */
export type TypePart = { readonly name: string | null; readonly type: ClickhouseType };

const WRAPPERS = ['Nullable', 'LowCardinality'];
const CONTAINERS = ['Array', 'Map', 'Tuple', 'Nested'];
const CALL = /^(\w+)\(([\s\S]*)\)$/;
const NAMED_PART = /^(?:(\w+)|`((?:[^`\\]|\\.)*)`) (?=\w)/;

/** The type with this name. Parameters other than types of elements are left out. */
export function parsedType(text: string): ClickhouseType {
  const [, name = '', written = ''] = CALL.exec(text) ?? [text, text];
  const parts = partsOf(written);
  if (WRAPPERS.includes(name)) return parsedType(parts[0] ?? '');
  // SimpleAggregateFunction(sum, UInt64) is stored and read as its type.
  if (name === 'SimpleAggregateFunction') return parsedType(parts[1] ?? '');
  return { name, parts: CONTAINERS.includes(name) ? parts.map(typePart) : [] };
}

function typePart(written: string): TypePart {
  const named = NAMED_PART.exec(written);
  if (named === null) return { name: null, type: parsedType(written) };
  const name = named[1] ?? (named[2] ?? '').replaceAll(/\\(.)/g, '$1');
  return { name, type: parsedType(written.slice(named[0].length)) };
}

/** Splits at commas that are not in parentheses or quotes. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const [token] of text.matchAll(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[(),]|[^(),'`]+/gs)) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else part += token;
  }
  if (part.trim() !== '') parts.push(part.trim());
  return parts;
}
