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

/** `runs 17, 18; allowRemovals`: keys in the order of the request; options that were not given are left out. */
export function factsText(facts: AuditFacts | null): string {
  return Object.entries(facts ?? {})
    .filter(([, value]) => !isNothing(value))
    .map(([key, value]) => (value === true ? key : `${key} ${valueText(value)}`))
    .join('; ');
}

function isNothing(value: unknown): boolean {
  return value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0);
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.values(value).filter((part) => !isNothing(part) && part !== true);
  return parts.map(valueText).join(' ');
}
