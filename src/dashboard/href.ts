// URLs of our pages, and their query parameters.

import type { Context } from 'hono';
import type { DashboardEnv } from './context.ts';

/** A path with the parameters that are not null. */
export function hrefOf(path: string, query: Readonly<Record<string, string | number | null>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null) given.set(name, String(value));
  return given.size === 0 ? path : `${path}?${given}`;
}

const TEXT_MAX = 200;

/** The value of a parameter; null if it is absent or empty. Only its first characters, unless `max` allows more. */
export function asked(c: Context<DashboardEnv>, name: string, max = TEXT_MAX): string | null {
  const text = (c.req.query(name) ?? '').trim().slice(0, max);
  return text === '' ? null : text;
}

/** The problem with an id parameter; null if it is absent or valid. */
export function wrongId(c: Context<DashboardEnv>, name: string): string | null {
  const text = asked(c, name);
  if (text === null || idOf(text) !== null) return null;
  return `“${text}” is not a valid ${name}: expected a whole number such as 12.`;
}

/** The id in a string; null if it is not one. */
export function idOf(text: string | null | undefined): number | null {
  return text != null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
