// The five fields of a cron expression, checked separately so that a message can name the field.
//
// Stricter than the cron library, which pads missing fields, reads a sixth field as seconds, and picks random minutes for `H`.

export type Field = {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words: readonly string[];
};

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59, words: [] },
  { name: 'hour', min: 0, max: 23, words: [] },
  { name: 'day of month', min: 1, max: 31, words: [] },
  { name: 'month', min: 1, max: 12, words: MONTHS },
  { name: 'day of week', min: 0, max: 7, words: WEEKDAYS },
];

/** A sentence about the first invalid field; null if all five are valid. */
export function cronFieldsProblem(cron: string): string | null {
  const texts = cron.trim() === '' ? [] : cron.trim().split(/\s+/);
  if (texts[0]?.startsWith('@'))
    return `'${texts[0].slice(0, 20)}' is not supported; expected five fields such as 15 3 * * *`;
  if (texts.length !== FIELDS.length) {
    return `it has ${texts.length} fields; expected five: minute hour day-of-month month day-of-week`;
  }
  for (const [index, field] of FIELDS.entries()) {
    const wrong = fieldProblem(field, texts[index] ?? '');
    if (wrong !== null) return wrong;
  }
  return null;
}

function fieldProblem(field: Field, text: string): string | null {
  const items = text.split(',');
  const wrong = items.find((item) => !isItem(field, item));
  if (wrong !== undefined) {
    const what = field.words.length === 0 ? '' : ` or ${field.words[0]} to ${field.words.at(-1)}`;
    return `${field.name} '${text.slice(0, 40)}': expected *, or numbers from ${field.min} to ${field.max}${what} such as 1, 1-5, 1,3 or */5`;
  }
  return new Set(items).size === items.length ? null : `${field.name} '${text.slice(0, 40)}' repeats a value`;
}

function isItem(field: Field, item: string): boolean {
  if (field.name === 'day of month' && item === 'L') return true;
  const weekday = field.name === 'day of week' ? /^[0-7](?:L|#[1-5])$/.exec(item) : null;
  if (weekday !== null) return true;
  const found = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d{1,2}))?$/i.exec(item);
  if (found === null) return false;
  const [, from = '', to, step] = found;
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.max)) return false;
  if (from === '*') return to === undefined;
  const first = numberOf(field, from);
  const last = to === undefined ? first : lastOf(field, first ?? 0, to);
  return first !== null && last !== null && first <= last;
}

/** The end of a range. Sunday is both 0 and 7, so a range can end with it. */
export function lastOf(field: Field, first: number, text: string): number | null {
  const last = numberOf(field, text);
  return field.name === 'day of week' && last === 0 && first > 0 ? 7 : last;
}

export function numberOf(field: Field, text: string): number | null {
  const word = field.words.indexOf(text.toLowerCase());
  if (word !== -1) return field.min + word;
  if (!/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= field.min && value <= field.max ? value : null;
}
