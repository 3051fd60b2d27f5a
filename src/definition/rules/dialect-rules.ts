// Rules of the settings of CSV files.

import type { TableFile } from '../files/view-file.ts';
import { say, type TableDraft } from './files/table-draft.ts';
import type { Finding } from './finding.ts';

export const CSV_ONLY: readonly (keyof TableFile)[] = [
  'header',
  'delimiter',
  'quote',
  'null_text',
  'quoted_null',
  'skip_lines',
  'footer_lines',
  'decimal_mark',
  'thousands',
];

/** What is wrong with the settings of CSV files. */
export function csvFindings(draft: TableDraft): Finding[] {
  return [...dialectFindings(draft), ...exportFindings(draft)];
}

function dialectFindings(draft: TableDraft): Finding[] {
  const { header = [], delimiter = ',', quote = '"', null_text: nullText = '' } = draft.sound;
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const column of header) {
    const lower = column.toLowerCase();
    if (seen.has(lower))
      findings.push(say(draft, 'header', `duplicate column '${column}' (upper and lower case are not distinguished)`));
    seen.add(lower);
  }
  if (delimiter === quote) findings.push(say(draft, 'delimiter', 'must differ from `quote`'));
  if ([delimiter, quote, '\n', '\r'].some((special) => nullText.includes(special)))
    findings.push(say(draft, 'null_text', 'expected a string without delimiters, quotes and line breaks'));
  return findings;
}

/** Settings for files from other programs that contradict each other, or that have no effect. */
function exportFindings(draft: TableDraft): Finding[] {
  const { delimiter = ',', quote = '"', decimal_mark: mark = '.', thousands, quoted_null: quotedNull } = draft.sound;
  const findings: Finding[] = [];
  const key = draft.written.has('decimal_mark') ? 'decimal_mark' : 'thousands';
  if (mark === delimiter) {
    findings.push(
      say(draft, 'decimal_mark', 'must differ from `delimiter`; set the delimiter of the files, such as `";"`'),
    );
  }
  if (thousands === mark) {
    const why = draft.written.has('decimal_mark') ? '' : ', which is "." by default';
    findings.push(say(draft, 'thousands', `must differ from \`decimal_mark\`${why}`));
  }
  if (thousands === quote || (quote === 'none' && thousands === delimiter)) {
    findings.push(say(draft, 'thousands', `must differ from \`${thousands === quote ? 'quote' : 'delimiter'}\``));
  }
  if ((draft.written.has('decimal_mark') || thousands !== undefined) && !hasNumber(draft)) {
    findings.push(
      say(draft, key, 'has no effect, because no column in `types` is a number; add the columns with these marks'),
    );
  }
  if (quotedNull === true && quote === 'none') {
    findings.push(say(draft, 'quoted_null', 'has no effect with `quote: none`; remove one of them'));
  }
  return findings;
}

function hasNumber({ sound, written }: TableDraft): boolean {
  if (written.has('types') && sound.types === undefined) return true; // its values already have findings
  return Object.values(sound.types ?? {}).some((type) => /^(?:float|int|decimal)/.test(type));
}
