import type { FeatureTypeEntry } from './feature-type.ts';
import { matching } from './file-cast.ts';
import type { ValueRefusal } from './value-check.ts';

export const bool = {
  parameters: null,
  fileParameters: null,
  holds: '`true` or `false`; from MySQL and MariaDB, which have no boolean type, also 0 and 1',
  readAs: '`boolean`',
  typescript: 'boolean',
  fileType: 'boolean',
  columns: ['bool'],
  textOfInteger: (digits) => WORDS[digits] ?? digits,
  isNull: null,
  check: (column) => (column === 'text' ? spelledWord : word),
  fileCast: () => matching('boolean', '(?i)true|false|t|f|1|0', 'true or false'),
  arithmetic: null,
  jsonForm: 'boolean',
  pushedAs: 'bool',
  isDefault: (value) => typeof value === 'boolean',
  canonicalText: canonicalWord,
  sqlType: 'boolean',
  extremes: 'none',
  profiledAs: 'text',
  textSql: (column) => `${column}::text`,
  isCopiedAsText: false,
  isText: (text) => text === 'true' || text === 'false',
  fromText: boolOf,
} as const satisfies FeatureTypeEntry<boolean>;

const WORDS: Readonly<Record<string, string>> = { 0: 'false', 1: 'true' };
const NOT_A_BOOL: ValueRefusal = { reason: 'value_wrong_type', expected: 'true or false' };

/** As in a CSV file. */
function spelledWord(text: string): string | ValueRefusal {
  if (/^(?:true|t|1)$/i.test(text)) return 'true';
  return /^(?:false|f|0)$/i.test(text) ? 'false' : NOT_A_BOOL;
}

function word(text: string): string | ValueRefusal {
  return text === 'true' || text === 'false' ? text : NOT_A_BOOL;
}

function boolOf(text: string): boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw new SyntaxError('expected true or false');
}

function canonicalWord(text: string): string {
  const value = spelledWord(text);
  return typeof value === 'string' ? value : text;
}
