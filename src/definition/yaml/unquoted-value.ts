// Values that need quotes because they start with a YAML syntax character: `cron: */15 * * * *`.
//
// The parser reads `*` as an alias and reports an error for each one. One message about the value is clearer.

import type { ErrorCode } from 'yaml';
import { isSecretKey } from './secret-keys.ts';

type UnquotedValue = { readonly offset: number; readonly message: string };

/** A key or a dash, and a value that starts with a special character, without a comment. */
const LINE = /^(\s*(?:- +)*(?:[\w.-]+: +)?)([*&%@`,{[-].*?)(?:\s+#.*)?\s*$/;
const CODES: readonly ErrorCode[] = [
  'BAD_ALIAS',
  'BAD_SCALAR_START',
  'BLOCK_AS_IMPLICIT_KEY',
  'MISSING_CHAR',
  'NON_STRING_KEY',
  'UNEXPECTED_TOKEN',
];
const LINE_CHARACTERS_MAX = 500;
const SHOWN_CHARACTERS_MAX = 80;

/** The value that causes an error, and how to quote it; null if the error has another cause. */
export function unquotedValue(
  text: string,
  { code, pos }: { readonly code: ErrorCode; readonly pos: readonly [number, number] },
): UnquotedValue | null {
  if (!CODES.includes(code)) return null;
  const start = text.lastIndexOf('\n', pos[0] - 1) + 1;
  const end = text.indexOf('\n', start);
  const line = text.slice(start, end === -1 ? undefined : end);
  const [, before = '', value = ''] = line.length > LINE_CHARACTERS_MAX ? [] : (LINE.exec(line) ?? []);
  if (value === '' || pos[0] < start + before.length || isCollection(value, pos[0] - start - before.length))
    return null;
  const shown = `${before.trimStart()}${quoted(value)}`;
  const first = value.startsWith('`') ? 'a backtick' : `\`${value.charAt(0)}\``;
  const key = /([\w.-]+): +$/.exec(before)?.[1] ?? '';
  const example = shown.length > SHOWN_CHARACTERS_MAX || isSecretKey([key]) ? '' : `: \`${shown}\``;
  return {
    offset: start + before.length,
    message: `a value that starts with ${first} must be in quotes${example}`,
  };
}

/** Whether the error is inside a list or map in brackets, and not in text after it. `{{` starts a placeholder. */
function isCollection(value: string, at: number): boolean {
  if (value.startsWith('{{') || !/^[[{]/.test(value)) return false;
  const close = value.indexOf(value.startsWith('{') ? '}' : ']');
  return close === -1 || at <= close;
}

function quoted(value: string): string {
  return /["\\]/.test(value) ? `'${value.replaceAll("'", "''")}'` : `"${value}"`;
}
