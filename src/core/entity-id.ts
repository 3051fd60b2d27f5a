// The id of a composite entity: its components in order, each escaped, joined by `|`.
//
//   17 and a|b  →  17|a\|b
//
// A backslash escapes `|` and itself, and nothing else. So each list of components has exactly one id, and no two lists share one.

const ESCAPED = /[\\|]/;

/** The escaped text of a component. */
export function escapePart(part: string): string {
  return ESCAPED.test(part) ? part.replaceAll(/[\\|]/g, '\\$&') : part;
}

/** The id of components, at least two. */
export function joinParts(parts: readonly string[]): string {
  return parts.map(escapePart).join('|');
}

/** The components of an id; null if it is the id of no list of `count` components. */
export function splitParts(id: string, count: number): string[] | null {
  const parts: string[] = [];
  let part = '';
  for (let at = 0; at < id.length; at += 1) {
    const character = id.charAt(at);
    if (character === '|') {
      parts.push(part);
      part = '';
      continue;
    }
    if (character === '\\') {
      at += 1;
      if (!ESCAPED.test(id.charAt(at))) return null;
    }
    part += id.charAt(at);
  }
  parts.push(part);
  return parts.length === count ? parts : null;
}
