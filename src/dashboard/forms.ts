// Parsing of form fields.

import type { Context } from 'hono';
import { Failure } from '../core/failure.ts';
import { type EpochMs, parseInstant } from '../core/instant.ts';
import { safe, text } from '../core/message.ts';
import { BACKFILL_MODES, type BackfillMode } from '../plan/backfill.ts';
import type { TimeRange } from '../state/planning/planning.ts';
import type { DashboardEnv } from './context.ts';

export type Form = Readonly<Record<string, unknown>>;

export async function readForm(c: Context<DashboardEnv>): Promise<Form> {
  return c.req.parseBody();
}

/** Null if the field is empty. */
export function textIn(form: Form, field: string): string | null {
  const typed = form[field];
  const trimmed = typeof typed === 'string' ? typed.trim() : '';
  return trimmed === '' ? null : trimmed;
}

/** `from` and `to`, each null if empty. @throws Failure ARGUMENT_INVALID */
export function rangeIn(form: Form): TimeRange {
  return { from: instantIn(form, 'from'), to: instantIn(form, 'to') };
}

/** @throws Failure ARGUMENT_INVALID */
export function modeIn(form: Form): BackfillMode {
  const typed = textIn(form, 'mode') ?? 'missing';
  const mode = BACKFILL_MODES.find((one) => one === typed);
  if (mode !== undefined) return mode;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`"${typed}" is not a mode: expected one of ${safe(BACKFILL_MODES.join(', '))}.`,
  );
}

function instantIn(form: Form, field: 'from' | 'to'): EpochMs | null {
  const typed = textIn(form, field);
  if (typed === null) return null;
  const instant = parseInstant(typed);
  if (instant !== null) return instant;
  throw new Failure(
    'ARGUMENT_INVALID',
    text`"${typed}" is not a valid time for ${safe(field)}: expected a date such as 2026-09-01 or a time such as 2026-09-01T13:00Z.`,
  );
}
