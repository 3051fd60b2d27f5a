// Addresses of our pages, and what an address asks for.

import type { Context } from 'hono';
import type { DashboardEnv } from './context.ts';

/** A path with those of the parameters that are not null. */
export function hrefOf(path: string, query: Readonly<Record<string, string | number | null>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null) given.set(name, String(value));
  return given.size === 0 ? path : `${path}?${given}`;
}

const TEXT_MAX = 200;

/** What a parameter says; null where it is absent or empty. */
export function asked(c: Context<DashboardEnv>, name: string): string | null {
  const text = (c.req.query(name) ?? '').trim().slice(0, TEXT_MAX);
  return text === '' ? null : text;
}

/** What is wrong with a parameter that is to be an id; null where it is absent or one. */
export function wrongId(c: Context<DashboardEnv>, name: string): string | null {
  const text = asked(c, name);
  if (text === null || idOf(text) !== null) return null;
  return `“${text}” is not a ${name} that there could be: expected a whole number such as 12.`;
}

/** The id in a text; null where it holds none. */
export function idOf(text: string | null | undefined): number | null {
  return text != null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
