// Not-found page: a sentence and the nearest name that exists.

import type { Context } from 'hono';
import { html } from 'hono/html';
import { nearestWord } from '../../definition/yaml/nearest.ts';
import type { DashboardEnv, Html } from '../context.ts';
import { shownText } from '../parts/shown-text.ts';
import { page } from './page.ts';

type Missing = { readonly what: string; readonly name: string; readonly path: string; readonly list: string };

/** `names` are those that exist; the nearest is suggested. */
export function notFound(
  c: Context<DashboardEnv>,
  { what, name, path, list }: Missing,
  names: readonly string[] = [],
): Promise<Response> {
  const nearest = nearestWord(name, names);
  const main: Html = html`<h1>No such ${what}</h1>
<p>There is no ${what} “${shownText(name, { characters: 100 })}”${nearest === null ? '.' : html`; did you mean <a href="/views/${nearest}">${nearest}</a>?`}</p>
<p><a href="${path}">${list}</a></p>`;
  return page(c, { title: `No such ${what}`, path, main }, 404);
}
