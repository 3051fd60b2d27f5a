// Lists in messages, limited in length.

const NAMES_SHOWN = 5;

/** `a.csv, b.csv, c.csv and 4 more`. */
export function listSome(names: readonly string[], shown: number = NAMES_SHOWN): string {
  if (names.length <= shown) return names.join(', ');
  return `${names.slice(0, shown).join(', ')} and ${(names.length - shown).toLocaleString('en')} more`;
}

/** The same, with as many names as fit. */
export function listWithin(names: readonly string[], characters: number): string {
  let length = 0;
  const shown = names.findIndex((name) => {
    length += name.length + 2;
    return length > characters;
  });
  return listSome(names, shown === -1 ? names.length : Math.max(1, shown));
}
