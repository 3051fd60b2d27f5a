// Lines of tab-separated text that arrive in chunks.

/** Longer than any value that the row check accepts. Longer fields are cut, and then refused. */
export const FIELD_CHARACTERS_MAX = 1_048_576;

/** The unfinished line at the end of a chunk; its last field is kept up to its limit. */
export function begunLine(fieldCharacters: number) {
  let line = '';
  let isCut = false;
  return {
    /** The line with its continuation; null if all of that belongs to a field that is over its limit already. */
    continued(text: string): string | null {
      const fieldEnd = isCut ? text.search(/[\t\n]/) : 0;
      return fieldEnd === -1 ? null : line + text.slice(fieldEnd);
    },
    keep(rest: string): void {
      const limit = rest.lastIndexOf('\t') + 1 + fieldCharacters;
      isCut = rest.length > limit;
      line = isCut ? `${rest.slice(0, limit)}…` : rest;
    },
  };
}
