// A cron expression in the form that the cron library accepts. The library refuses fields that repeat a value (`0,7`,
// `MON,1`, `1-5,3`) and ranges that end with Sunday (`SAT-SUN`); such a field becomes the list of its values.

import { FIELDS, type Field, lastOf, numberOf } from './cron-fields.ts';

/** The same schedule for the library. An expression that needs no change, or that is invalid, is returned as it is. */
export function plainCron(cron: string): string {
  const texts = cron.trim().split(/\s+/);
  return texts.map((text, index) => plainField(FIELDS[index], text)).join(' ');
}

function plainField(field: Field | undefined, text: string): string {
  if (field === undefined || !/[,-]/.test(text)) return text;
  const values = text.split(',').map((item) => valuesOf(field, item));
  // `L` and `#` depend on the month, so they have no list of values.
  if (values.some((some) => some === null)) return text;
  const all = values.flatMap((some) => some ?? []);
  const distinct = [...new Set(all)].sort((a, b) => a - b);
  const isPlain = distinct.length === all.length && !endsWithSunday(field, text);
  return isPlain ? text : distinct.join(',');
}

/** A range that ends with Sunday, which the library reads as reversed. */
function endsWithSunday({ name }: Field, text: string): boolean {
  return name === 'day of week' && /-(?:sun|0)(?:\/|,|$)/i.test(text);
}

/** Null if the item is not a number, range or step. */
function valuesOf(field: Field, item: string): number[] | null {
  const [range = '', step = '1'] = item.split('/');
  const [from = '', to] = range.split('-');
  const first = from === '*' ? field.min : numberOf(field, from);
  // `5/10` continues to the end of the field.
  const open = from === '*' ? endOfAll(field) : item.includes('/') ? field.max : first;
  const last = to === undefined || first === null ? open : lastOf(field, first, to);
  if (first === null || last === null || !(Number(step) >= 1)) return null;
  const values: number[] = [];
  for (let value = first; value <= last; value += Number(step)) values.push(dayOrValue(field, value));
  return values;
}

/** `*` counts Sunday once, as 0. */
function endOfAll({ name, max }: Field): number {
  return name === 'day of week' ? 6 : max;
}

function dayOrValue({ name }: Field, value: number): number {
  return name === 'day of week' && value === 7 ? 0 : value;
}

/**
 * Whether days of month and days of week are both given. Then, as in every cron, the job ticks on days that match either
 * one.
 */
export function hasEitherDay(cron: string): boolean {
  const [, , dayOfMonth, , dayOfWeek] = cron.trim().split(/\s+/);
  return dayOfMonth !== '*' && dayOfWeek !== '*';
}
