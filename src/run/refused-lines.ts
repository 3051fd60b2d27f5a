// The staged refused rows, as lines of COPY: some of each reason with all details, for users; and the key of every row
// that has a key, because a refused row must not erase the stored row that it was to replace
// (docs/architecture/row-check.md).

import { escapeCopy } from '../feature-types/copy-text.ts';
import type { CheckedRefusal } from '../rows/check.ts';
import type { StagingColumn } from '../rows/layout.ts';

/** Rows that are only keys have no reason; rows without a key have no key. */
export const REFUSED_COLUMNS: readonly StagingColumn[] = [
  { name: 'reason', sqlType: 'text' },
  { name: 'detail', sqlType: 'text' },
  { name: 'row', sqlType: 'jsonb' },
  { name: 'field', sqlType: 'text' },
  { name: 'entity_id', sqlType: 'text collate "C"' },
  { name: 'event_timestamp', sqlType: 'timestamptz' },
];

export type RefusedLines = {
  add(rows: readonly CheckedRefusal[]): void;
  /** Whether the waiting lines should be written before more is read, so that memory stays flat. */
  isLarge(): boolean;
  /** Returns and removes the waiting lines, as one text. */
  take(): string;
  /** The total number of lines. */
  count(): number;
};

const WAITING_CHARACTERS_MAX = 4_194_304;

/** `detailedPerReason`: the number of rows with all details, for each reason. */
export function createRefusedLines(detailedPerReason: number): RefusedLines {
  const seen = new Map<string, number>();
  let waiting = '';
  let lines = 0;
  const lineOf = (row: CheckedRefusal): string | null => {
    const before = seen.get(row.reason) ?? 0;
    seen.set(row.reason, before + 1);
    const key = row.key ?? NO_KEY;
    if (before < detailedPerReason) return `${detailsOf(row)}\t${key}\n`;
    return row.key === null ? null : `${NO_DETAILS}\t${key}\n`;
  };
  return {
    add: (rows) => {
      for (const row of rows) {
        const line = lineOf(row);
        if (line === null) continue;
        waiting += line;
        lines += 1;
      }
    },
    isLarge: () => waiting.length > WAITING_CHARACTERS_MAX,
    take: () => {
      const taken = waiting;
      waiting = '';
      return taken;
    },
    count: () => lines,
  };
}

const NO_KEY = '\\N\t\\N';
const NO_DETAILS = '\\N\t\\N\t\\N\t\\N';

function detailsOf({ reason, detail, row, field }: CheckedRefusal): string {
  const texts = [reason, detail, JSON.stringify(row)].map(escapeCopy);
  return [...texts, field === null ? '\\N' : escapeCopy(field)].join('\t');
}
