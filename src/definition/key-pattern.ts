// Patterns of Redis keys: `user_features:{entity_id}:risk_score`.

export const ENTITY_PLACEHOLDER = '{entity_id}';

/** The text before and after the entity. */
export type KeyPattern = { readonly before: string; readonly after: string };

/** The problem of a pattern, as the end of a sentence; null if it has none. */
export function keyPatternProblem(keys: string): string | null {
  const parts = keys.split(ENTITY_PLACEHOLDER);
  if (parts.length !== 2) {
    const found = parts.length === 1 ? 'without' : 'with more than one';
    return `expected a key with one ${ENTITY_PLACEHOLDER}, such as user:${ENTITY_PLACEHOLDER}, found one ${found}`;
  }
  const other = /\{[^{}]*\}/.exec(parts.join(''))?.[0];
  if (other === undefined || /^\{\w*[^\w{}]/.test(other)) return null;
  return `unknown placeholder ${other}; expected ${ENTITY_PLACEHOLDER}`;
}

export function keyPattern(keys: string): KeyPattern {
  const [before = '', after = ''] = keys.split(ENTITY_PLACEHOLDER);
  return { before, after };
}

/** The entity of a key; null if the key does not match, or its entity would be empty. */
export function entityOfKey({ before, after }: KeyPattern, key: string): string | null {
  const isMatch = key.length > before.length + after.length && key.startsWith(before) && key.endsWith(after);
  return isMatch ? key.slice(before.length, key.length - after.length) : null;
}

/** The pattern for SCAN, in which the characters of the template mean themselves. */
export function scanPattern({ before, after }: KeyPattern): string {
  const escaped = (text: string) => text.replaceAll(/[*?[\]\\^-]/g, String.raw`\$&`);
  return `${escaped(before)}*${escaped(after)}`;
}
