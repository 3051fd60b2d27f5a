// Where the page after a page is.

import { safe, text } from '../../core/message.ts';
import type { PagedRequest } from '../../definition/view.ts';
import { keysOfPath } from '../formats/json/json-path.ts';
import { HttpProblem } from './problem.ts';
import { urlOn } from './redirects.ts';

/** What is known after a page. */
export type PageEnd = {
  readonly url: URL;
  /** The object around the records, as text; null if there is none. */
  readonly envelope: string | null;
  readonly link: string | undefined;
  /** The rows of this page, and of all pages so far. */
  readonly rows: number;
  readonly rowsSoFar: number;
  readonly bytesSoFar: number;
};

/** The URL of the next page; null after the last one. @throws HttpProblem if it is not on the same host. */
export function nextPage({ pages }: PagedRequest, end: PageEnd): URL | null {
  if (pages.offset !== undefined) {
    // The server may return fewer rows than it was asked for, so only an empty page is the last one.
    return end.rows === 0 ? null : withParameter(end.url, pages.offset, `${end.rowsSoFar}`);
  }
  const next = pages.next === 'link' ? linkOf(end.link) : cursorOf(end.envelope, pages.next ?? '');
  if (next === null) return null;
  return pages.parameter === undefined ? urlOn(end.url, next) : withParameter(end.url, pages.parameter, next);
}

function withParameter(url: URL, parameter: string, value: string): URL {
  const next = new URL(url);
  next.searchParams.set(parameter, value);
  return next;
}

/** The cursor or URL at a path of the envelope; null for none. Numbers keep their digits. */
function cursorOf(envelope: string | null, path: string): string | null {
  let found: unknown = envelope === null ? null : JSON.parse(envelope, digitsOf);
  for (const key of keysOfPath(path)) {
    found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined;
  }
  if (found === undefined || found === null || found === '' || found === false) return null;
  if (typeof found === 'string') return found;
  throw new HttpProblem('shape', text`${safe(path)} (\`pages.next\` in the view) is neither a string nor a number`);
}

/** Whether an envelope has a key at the path, even if its value is null. */
export function hasCursor(envelope: string | null, path: string): boolean {
  let found: unknown = envelope === null ? null : JSON.parse(envelope);
  for (const key of keysOfPath(path)) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return false;
    found = Reflect.get(found, key);
  }
  return true;
}

/** A JSON.parse reviver: the digits of a number as written, because a double may have others. */
function digitsOf(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}

/** A name, and a value that may be missing or in quotes. */
const LINK_PARAMETER = String.raw`\s*;\s*([^\s=;,"]*)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+)))?`;
const LINK = new RegExp(`<([^>]*)>((?:${LINK_PARAMETER})*)`, 'g');

/** The target of `rel="next"` in a Link header (RFC 8288); null if there is none. */
function linkOf(header: string | undefined): string | null {
  for (const [, target = '', parameters = ''] of (header ?? '').matchAll(LINK)) {
    const all = [...parameters.matchAll(new RegExp(LINK_PARAMETER, 'g'))];
    const rel = all.find(([, name = '']) => name.toLowerCase() === 'rel');
    if ((rel?.[2] ?? rel?.[3] ?? '').toLowerCase().split(/\s+/).includes('next')) return target;
  }
  return null;
}
