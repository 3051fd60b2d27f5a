// Audit rows as text.

import type { AuditFacts, AuditRow } from '../state/audit.ts';

/** `ada@laptop`, `ada (dashboard)`, `deploy (token)`. */
export function actorText({ actorKind, actorName }: Pick<AuditRow, 'actorKind' | 'actorName'>): string {
  if (actorKind === 'command') return actorName ?? 'unknown';
  return actorName === null ? actorKind : `${actorName} (${actorKind})`;
}

/** `done`, or `refused: VIEW_PAUSED`. */
export function outcomeText({ failure }: Pick<AuditRow, 'failure'>): string {
  return failure === null ? 'done' : `refused: ${failure}`;
}

/** Postgres does not keep the order of the keys of `jsonb`. */
const SHOWN_FIRST = ['view', 'views', 'definitions', 'runs', 'backfill', 'mode', 'from', 'to'];

/** `view orders; from 2026-01-01T00:00Z; allowRemovals`: the subject first. Options that were not given are left out. */
export function factsText(facts: AuditFacts | null): string {
  return Object.entries(facts ?? {})
    .filter(([, value]) => !isNothing(value))
    .toSorted(([a], [b]) => placeOf(a) - placeOf(b))
    .map(([key, value]) => (value === true ? key : `${key} ${valueText(value)}`))
    .join('; ');
}

function placeOf(key: string): number {
  const place = SHOWN_FIRST.indexOf(key);
  return place === -1 ? SHOWN_FIRST.length : place;
}

function isNothing(value: unknown): boolean {
  return value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0);
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  if (typeof value === 'object' && value !== null) return namedText(Object.entries(value));
  return String(value).replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d):00\.000Z$/, '$1Z');
}

/** `orders (due 2)`, `spend (edited)`: the name, then the numbers with their keys and the words without. */
function namedText(entries: readonly (readonly [string, unknown])[]): string {
  const name = entries.find(([key]) => key === 'view' || key === 'name')?.[1];
  const others = entries
    .filter(([, value]) => value !== name && value !== true && value !== 0 && !isNothing(value))
    .map(([key, value]) => (typeof value === 'string' ? valueText(value) : `${key} ${valueText(value)}`));
  if (name === undefined) return others.join(' ');
  return others.length === 0 ? String(name) : `${String(name)} (${others.join(', ')})`;
}
