// Numbers with other marks than SQL has: 1.234,50 or 1'234.50. Groups must have three digits, so that a file with other marks
// than the view says is refused rather than read as other numbers. A group never starts with zero: 0.125 is not 125.

import type { CsvDialect } from '../../../definition/view.ts';
import type { FileCast } from '../../../feature-types/file-cast.ts';
import { entryOf, type FieldType, fileCastOf } from '../../../feature-types/index.ts';
import { quotedText } from '../quote.ts';

/** The cast of a CSV column; null if its text is the value. */
export function csvCastOf(type: FieldType, csv: CsvDialect | undefined): FileCast | null {
  const cast = fileCastOf(type);
  const { decimalMark = '.', thousands } = csv ?? {};
  if (cast === null || entryOf(type).profiledAs !== 'number') return cast;
  if (decimalMark === '.' && thousands === undefined) return cast;
  const plain = (text: string) => plainNumber(text, decimalMark, thousands);
  const group = thousands === undefined ? '' : ` and ${JSON.stringify(thousands)} between thousands`;
  return {
    ...cast,
    value: (text) => cast.value(plain(text)),
    fits: (text) => cast.fits(plain(text)),
    expected: `${cast.expected}, with ${JSON.stringify(decimalMark)} as decimal mark${group}`,
  };
}

/** SQL for the number with SQL's marks. Other strings with digits become `?`, which no number is. */
function plainNumber(text: string, decimalMark: string, thousands: string | undefined): string {
  const mark = thousands === undefined ? null : markClass(thousands);
  const whole = mark === null ? '[0-9]*' : `(?:[1-9][0-9]{0,2}(?:${mark}[0-9]{3})+|[0-9]*)`;
  const number = `[+-]?${whole}(?:[${decimalMark}][0-9]*)?(?:[eE][+-]?[0-9]+)?`;
  const ungrouped = mark === null ? text : `regexp_replace(${text}, ${quotedText(mark)}, '', 'g')`;
  const replaced = decimalMark === '.' ? ungrouped : `replace(${ungrouped}, ${quotedText(decimalMark)}, '.')`;
  return `(case when regexp_full_match(${text}, ${quotedText(number)}) then ${replaced}
    when regexp_matches(${text}, '[0-9]') then '?' else ${text} end)`;
}

function markClass(thousands: string): string {
  return thousands === ' ' ? '[ \u00a0\u202f]' : `[${thousands}]`;
}
