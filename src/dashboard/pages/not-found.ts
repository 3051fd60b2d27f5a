// The page of something that there is not: a sentence, and the nearest that there is.

import type { Context } from 'hono';
import { html } from 'hono/html';
import { nearestWord } from '../../definition/yaml/nearest.ts';
import type { DashboardEnv, Html } from '../context.ts';
import { shownText } from '../parts/shown-text.ts';
import { page } from './page.ts';

type Missing = { readonly what: string; readonly name: string; readonly path: string; readonly list: string };

/** `names` are those that there are; one of them may have been meant. */
export function notFound(
  c: Context<DashboardEnv>,
  { what, name, path, list }: Missing,
  names: readonly string[] = [],
): Promise<Response> {
  const nearest = nearestWord(name, names);
  const main: Html = html`<h1>There is no such ${what}</h1>
<p>There is no ${what} “${shownText(name, { characters: 100 })}”${nearest === null ? '.' : html`; did you mean <a href="/views/${nearest}">${nearest}</a>?`}</p>
<p><a href="${path}">${list}</a></p>`;
  return page(c, { title: `No such ${what}`, path, main }, 404);
}
