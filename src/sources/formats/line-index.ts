// Finds the lines of rows that DuckDB has reported without a line. A file is scanned again only for that.

/** Strings longer than this are cut in the reported rows. */
export const TEXT_CHARACTERS = 600;

export type LineIndex = {
  /** Compares a row of the file with the rows to find; rows of the file come in order. */
  visit(texts: readonly (string | null)[], line: number): void;
  isComplete(): boolean;
  /** In the order of the rows; null for a row that was not found. */
  lines(): readonly (number | null)[];
};

/** An index of rows to find. Of equal rows, the first one gets the first line. */
export function lineIndex(rows: readonly (readonly (string | null)[])[]): LineIndex {
  const waiting = new Map<string, number[]>();
  for (const [index, texts] of rows.entries()) {
    const key = keyOf(texts);
    waiting.set(key, [...(waiting.get(key) ?? []), index]);
  }
  const lines: (number | null)[] = rows.map(() => null);
  let missing = rows.length;
  return {
    visit(texts, line) {
      const index = waiting.get(keyOf(texts))?.shift();
      if (index === undefined) return;
      lines[index] = line;
      missing -= 1;
    },
    isComplete: () => missing === 0,
    lines: () => lines,
  };
}

function keyOf(texts: readonly (string | null)[]): string {
  return JSON.stringify(texts.map((text) => (text === null || text.length <= TEXT_CHARACTERS ? text : left(text))));
}

/** DuckDB counts code points. */
function left(text: string): string {
  return Array.from(text.slice(0, 2 * TEXT_CHARACTERS))
    .slice(0, TEXT_CHARACTERS)
    .join('');
}
