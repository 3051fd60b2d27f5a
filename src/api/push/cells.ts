// The members of a pushed row as cells: the text that the row check reads.

import { splitParts } from '../../core/entity-id.ts';
import { ENTITY_ID, isComposite, keyColumns } from '../../definition/entity.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { JsonForm } from '../../feature-types/feature-type.ts';
import { entryOf } from '../../feature-types/index.ts';
import { withArticle } from '../../feature-types/spelling.ts';
import { numberText } from './exact-json.ts';

/** A row of which no cells can be made. */
type NoCells = { readonly reason: 'row_broken' | 'column_unknown' | 'value_wrong_type'; readonly detail: string };

/** The cells of a row in the order of `pushedColumns`, or why there are none. */
export type RowCells = readonly (string | null)[] | NoCells;

type Member = (value: unknown) => string | null | undefined;

/** Reads the rows of a view. */
export function cellsOf(view: FeatureView): (row: unknown) => RowCells {
  const keys = keyColumns(view);
  const key = (place: number) => ({ place, read: entityId, expected: 'a string or a whole number' });
  const members = new Map<string, { readonly place: number; readonly read: Member; readonly expected: string }>([
    ...keys.map((name, place) => [name, key(place)] as const),
    ['timestamp', { place: keys.length, read: plainText, expected: 'an ISO date or time' }],
  ]);
  const ofFeatures = view.features.map((feature, index) => {
    const member = {
      place: keys.length + 1 + index,
      read: MEMBERS[entryOf(feature.type).jsonForm],
      expected: withArticle(feature.type),
    };
    return [feature, member] as const;
  });
  // The column of one feature may be the name of another.
  for (const [{ column }, member] of ofFeatures) members.set(column, member);
  for (const [{ name }, member] of ofFeatures) members.set(name, member);
  const twoNames = view.features.filter(
    ({ name, column }) => name !== column && members.get(name) === members.get(column),
  );
  const length = keys.length + 1 + view.features.length;
  return (row) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      return { reason: 'row_broken', detail: 'the row is not an object' };
    }
    const cells = new Array<string | null>(length).fill(null);
    if (isComposite(view) && Object.hasOwn(row, ENTITY_ID) && keys.some((name) => Object.hasOwn(row, name))) {
      return noCell('column_unknown', ENTITY_ID, `allowed together with ${keys.join(' and ')}`);
    }
    const twice = twoNames.find(({ name, column }) => Object.hasOwn(row, name) && Object.hasOwn(row, column));
    if (twice !== undefined) return noCell('column_unknown', twice.column, `allowed together with ${twice.name}`);
    for (const [name, value] of Object.entries(row)) {
      const member = members.get(name);
      if (member === undefined && name === ENTITY_ID) {
        const parts = typeof value === 'string' ? splitParts(value, keys.length) : null;
        if (parts === null) return noCell('value_wrong_type', name, `${keys.join(' and ')} joined by |`);
        parts.forEach((part, place) => {
          cells[place] = part;
        });
        continue;
      }
      if (member === undefined) return noCell('column_unknown', name, 'a feature of the view');
      if (value === null) continue;
      const cell = member.read(value);
      if (cell === undefined) return noCell('value_wrong_type', name, member.expected);
      cells[member.place] = cell;
    }
    return cells;
  };
}

function noCell(reason: NoCells['reason'], name: string, expected: string): NoCells {
  return { reason, detail: `${JSON.stringify(name.slice(0, 64).toWellFormed())} is not ${expected}` };
}

function plainText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function entityId(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const digits = numberText(value);
  if (digits === null) return undefined;
  // 7.0 and 1e3 are whole numbers in JSON.
  const whole = /^(-?\d+)(?:\.0+)?$/.exec(digits)?.[1];
  if (whole !== undefined) return whole === '-0' ? '0' : whole;
  const number = Number(digits);
  return /e/i.test(digits) && Number.isSafeInteger(number) ? String(number) : undefined;
}

/** Numbers may be sent as strings, as `numbers=exact` returns them. */
function numeric(value: unknown): string | undefined {
  return numberText(value) ?? plainText(value);
}

const MEMBERS: Readonly<Record<JsonForm, Member>> = {
  number: numeric,
  string: plainText,
  boolean: (value) => (typeof value === 'boolean' ? String(value) : undefined),
  any: (value) => JSON.stringify(value),
  array: (value) => (Array.isArray(value) ? JSON.stringify(value) : undefined),
};
