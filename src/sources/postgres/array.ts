// Converts Postgres arrays to JSON text. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO

/** How an element is written in JSON: numbers and json unchanged, bool as a word, everything else quoted. */
export type ElementKind = 'number' | 'bool' | 'json' | 'text';

const TOKEN = /[{}]|,|"((?:[^"\\]|\\.)*)"|[^{},"]+/gs;

/** `{1,NULL,{"a b"}}` as `[1,null,["a b"]]`. NaN stays NaN, which is not valid JSON, so the row check refuses it. */
export function arrayJson(array: string, kind: ElementKind): string {
  // A truncated array is not converted: searching for the end of each quote would take very long.
  if (!array.endsWith('}')) return array;
  const body = array.replace(/^\[[^=]*\]=/, ''); // lower bounds other than 1
  let json = '';
  for (const [token, quoted] of body.matchAll(TOKEN)) {
    if (token === '{') json += '[';
    else if (token === '}') json += ']';
    else if (token === ',') json += ',';
    else if (quoted !== undefined) json += element(quoted.replace(/\\(.)/gs, '$1'), kind);
    else json += token === 'NULL' ? 'null' : element(token, kind);
  }
  return json;
}

function element(text: string, kind: ElementKind): string {
  if (kind === 'bool') return text === 't' ? 'true' : 'false';
  return kind === 'text' ? JSON.stringify(text) : text;
}
