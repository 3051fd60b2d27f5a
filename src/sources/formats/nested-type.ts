// DuckDB's types as text, such as `STRUCT(a INTEGER, "b c" VARCHAR)[]`, taken apart.

/** A field of a struct: its name as in the text, possibly in quotes, and its type. */
export type StructField = { readonly name: string; readonly type: string };

/** The fields of a struct, in order; null for any other type. */
export function structFields(type: string): readonly StructField[] | null {
  if (!type.startsWith('STRUCT(') || !type.endsWith(')')) return null;
  return partsOf(type.slice('STRUCT('.length, -1)).map((part) => {
    const end = part.startsWith('"') ? endOfQuoted(part, 0) : part.indexOf(' ');
    return { name: part.slice(0, end), type: part.slice(end + 1) };
  });
}

/** The type of a struct with these fields. */
export function structType(fields: readonly StructField[]): string {
  return `STRUCT(${fields.map(({ name, type }) => `${name} ${type}`).join(', ')})`;
}

/** The type of the elements of a list; null for any other type, arrays of a fixed length among them. */
export function elementType(type: string): string | null {
  return type.endsWith('[]') ? type.slice(0, -2) : null;
}

/** The types of the keys and values of a map; null for any other type. */
export function mapTypes(type: string): { readonly key: string; readonly value: string } | null {
  if (!type.startsWith('MAP(') || !type.endsWith(')')) return null;
  const [key = '', value = ''] = partsOf(type.slice('MAP('.length, -1));
  return { key, value };
}

/** The name of a field without quotes. */
export function plainName({ name }: StructField): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** The text between the commas that are not in parentheses or quotes. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let [start, depth] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"' || character === "'") at = endOfQuoted(text, at) - 1;
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 2;
    }
  }
  return [...parts, text.slice(start)];
}

/** The position after the closing quote of the quoted text at `start`; two quotes stand for one. */
function endOfQuoted(text: string, start: number): number {
  const quote = text[start] ?? '"';
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] !== quote) continue;
    if (text[at + 1] !== quote) return at + 1;
    at += 1;
  }
  return text.length;
}
