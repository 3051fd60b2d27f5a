// A cron expression as the cron library reads it: where a field names a value twice (`0,7`, `MON,1`, `1-5,3`) or a range ends
// with Sunday (`SAT-SUN`), which the library refuses, the field becomes the list of its values.

import { FIELDS, type Field, lastOf, numberOf } from './cron-fields.ts';

/** The same schedule for the library. An expression that it reads anyway, or that is wrong, stays as it is. */
export function plainCron(cron: string): string {
  const texts = cron.trim().split(/\s+/);
  return texts.map((text, index) => plainField(FIELDS[index], text)).join(' ');
}

function plainField(field: Field | undefined, text: string): string {
  if (field === undefined || !/[,-]/.test(text)) return text;
  const values = text.split(',').map((item) => valuesOf(field, item));
  // `L` and `#` name no values: they depend on the month.
  if (values.some((some) => some === null)) return text;
  const all = values.flatMap((some) => some ?? []);
  const distinct = [...new Set(all)].sort((a, b) => a - b);
  const isPlain = distinct.length === all.length && !endsWithSunday(field, text);
  return isPlain ? text : distinct.join(',');
}

/** A range that the library would read as one that goes backwards. */
function endsWithSunday({ name }: Field, text: string): boolean {
  return name === 'day of week' && /-(?:sun|0)(?:\/|,|$)/i.test(text);
}

/** Null where the item is no number, range or step. */
function valuesOf(field: Field, item: string): number[] | null {
  const [range = '', step = '1'] = item.split('/');
  const [from = '', to] = range.split('-');
  const first = from === '*' ? field.min : numberOf(field, from);
  // `5/10` goes on to the end of the field.
  const open = from === '*' ? endOfAll(field) : item.includes('/') ? field.max : first;
  const last = to === undefined || first === null ? open : lastOf(field, first, to);
  if (first === null || last === null || !(Number(step) >= 1)) return null;
  const values: number[] = [];
  for (let value = first; value <= last; value += Number(step)) values.push(dayOrValue(field, value));
  return values;
}

/** Of all days of a week Sunday is the first, and not also the last. */
function endOfAll({ name, max }: Field): number {
  return name === 'day of week' ? 6 : max;
}

function dayOrValue({ name }: Field, value: number): number {
  return name === 'day of week' && value === 7 ? 0 : value;
}

/**
 * Whether days of month and days of week are both named: then a day that is either of them is one of the schedule, as in
 * every cron.
 */
export function hasEitherDay(cron: string): boolean {
  const [, , dayOfMonth, , dayOfWeek] = cron.trim().split(/\s+/);
  return dayOfMonth !== '*' && dayOfWeek !== '*';
}
