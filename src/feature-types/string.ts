import { escapeCopy } from './copy-text.ts';
import type { FeatureTypeEntry } from './feature-type.ts';
import type { ValueRefusal } from './value-check.ts';

export const string = {
  parameters: null,
  fileParameters: null,
  holds: 'text of up to 64 KiB, without U+0000',
  readAs: '`string`',
  typescript: 'string',
  fileType: 'varchar',
  columns: ['text'],
  textOfInteger: null,
  isNull: null,
  check: () => anyText,
  fileCast: null,
  arithmetic: null,
  jsonForm: 'string',
  pushedAs: 'text',
  isDefault: (value) => typeof value === 'string',
  canonicalText: (text) => text,
  sqlType: 'text collate "C"',
  extremes: 'none',
  profiledAs: 'text',
  textSql: (column) => column,
  isCopiedAsText: true,
  isText: () => true,
  fromText: (text) => text,
} as const satisfies FeatureTypeEntry<string>;

export const TEXT_BYTES_MAX = 65_536;

const TOO_LONG: ValueRefusal = { reason: 'value_too_long', expected: 'a string of at most 64 KiB' };
const BAD_UNICODE: ValueRefusal = {
  reason: 'value_bad_unicode',
  expected: 'a string without U+0000 or unpaired surrogates',
};

// No control character, backslash or surrogate, and short enough that its bytes are within the limit.
const SIMPLE = /^[\x20-\x5b\x5d-\x7e\xa0-\ud7ff]{0,1000}$/;

export function anyText(text: string): string | ValueRefusal {
  if (SIMPLE.test(text)) return text;
  if (text.length > TEXT_BYTES_MAX || Buffer.byteLength(text) > TEXT_BYTES_MAX) return TOO_LONG;
  return text.isWellFormed() && !text.includes('\0') ? escapeCopy(text) : BAD_UNICODE;
}
