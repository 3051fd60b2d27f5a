// All pages of a request, one at a time, until there is no next one. A page that repeats, or an end that is not certain, is
// a failure: the result is never short.

import { createHash } from 'node:crypto';
import { Failure } from '../../core/failure.ts';
import type { Interval } from '../../core/interval.ts';
import { type Message, safe, text } from '../../core/message.ts';
import type { PagedRequest } from '../../definition/view.ts';
import { isSpace } from '../formats/json/json-record.ts';
import type { SourceOptions } from '../source.ts';
import { firstPage, type HttpAddress } from './address.ts';
import { retryAfterMs, withAttempts } from './attempts.ts';
import { exchange, type HttpResponse } from './exchange.ts';
import { hasCursor, nextPage, type PageEnd } from './next-page.ts';
import { empty, type Page, type PageFiles } from './page-files.ts';
import { HttpProblem, statusProblem } from './problem.ts';
import { REDIRECTS_MAX, redirectOf, urlOn } from './redirects.ts';
import type { Exchanging } from './send.ts';

const MEGABYTE = 1_048_576;
const BYTE_ORDER_MARK: readonly number[] = [0xef, 0xbb, 0xbf];
const LESS_THAN = 0x3c;
/** Requests until an empty page counts as one. */
const EMPTY_TIMES = 3;
const EMPTY_DELAY_MS = 100;

export type PageReading = {
  readonly options: SourceOptions;
  readonly address: HttpAddress;
  /** The options of a request, with the current secrets. */
  exchanging(): Promise<Exchanging>;
  readonly request: PagedRequest;
  readonly span: Interval | null;
  readonly files: PageFiles;
  /** `first` reads one page, for its columns. */
  readonly extent: 'all' | 'first';
  readonly signal: AbortSignal;
};

/** Stores all pages. Returns notes for the run. @throws Failure SOURCE_UNAVAILABLE, SOURCE_CREDENTIALS, SOURCE_DENIED, SOURCE_QUERY, SOURCE_SHAPE or FILE_BROKEN. */
export async function fetchPages(reading: PageReading): Promise<readonly string[]> {
  const { request, options, extent } = reading;
  const requireNew = newPages();
  const notes: string[] = [];
  let counted: Counted = { bytes: 0, rows: 0 };
  let url: URL | null = firstPage(reading.address, request, reading.span);
  for (let page = 1; url !== null; page += 1) {
    const current: URL = url;
    await orFailure(reading, page, async () => {
      if (page > request.pages.max) throw tooMany(request.pages.max, 'pages', '`pages.max` in the view');
      requireNew(current);
      const end = await certainPage(reading, current, page, counted);
      reading.files.keep();
      counted = { bytes: end.bytesSoFar, rows: end.rowsSoFar };
      if (counted.rows > options.fileRowsMax) throw tooMany(options.fileRowsMax, 'rows', 'file_rows_max of the source');
      url = extent === 'first' ? null : nextPage(request, end);
      if (page === 1 && url === null && extent === 'all') notes.push(...onlyPage(request, end));
    });
  }
  return notes;
}

/** Of the pages that were kept. */
type Counted = { readonly bytes: number; readonly rows: number };

type FetchedPage = PageEnd & Pick<Page, 'isEmpty'>;

/** A page, which is empty only if the server says so several times: an overloaded server may send an empty body. */
async function certainPage(reading: PageReading, url: URL, page: number, counted: Counted): Promise<PageEnd> {
  const { options, signal } = reading;
  for (let request = 1; ; request += 1) {
    const end = await withAttempts(options.clock, signal, () => fetchPage(reading, url, page, counted));
    if (!end.isEmpty || request === EMPTY_TIMES) return end;
    await options.clock.sleep(EMPTY_DELAY_MS * 2 ** request, signal);
  }
}

async function fetchPage(reading: PageReading, first: URL, page: number, counted: Counted): Promise<FetchedPage> {
  let url = first;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const found = await exchange(await reading.exchanging(), url, reading.signal, async (response) => {
      const target = redirectOf(response.status, response.headers);
      return target === null ? await stored(reading, url, page, response, counted) : urlOn(url, target);
    });
    if (!(found instanceof URL)) return { ...found, url: first };
    url = found;
  }
  throw new HttpProblem('refused', safe(`it redirects more than ${REDIRECTS_MAX} times`));
}

async function stored(
  { options, files, request }: PageReading,
  url: URL,
  page: number,
  response: HttpResponse,
  counted: Counted,
): Promise<FetchedPage> {
  const { status, headers, isDelimited } = response;
  if (status !== 200) {
    const secrets = options.renewed === undefined ? 'fixed' : 'in files';
    throw statusProblem(status, retryAfterMs(headers['retry-after'], options.clock.now()), secrets);
  }
  let bytesSoFar = counted.bytes;
  const body = limited(response.body, options, (bytes) => {
    bytesSoFar += bytes;
    return bytesSoFar;
  });
  const isHtml = /^text\/html/i.test(headers['content-type'] ?? '');
  // An error message would be a page of CSV without rows, and so the last one.
  if (isHtml && files.format === 'csv') throw webPage();
  const chunks = isHtml ? unlessWebPage(body) : body;
  const { rows, envelope, isEmpty } = await files.store(page, { chunks, isDelimited });
  if (isEmpty) requireEnd(request, page, headers['content-type'] ?? '');
  const link = headers['link']?.toString();
  return { url, rows, envelope, isEmpty, rowsSoFar: counted.rows + rows, bytesSoFar, link };
}

/** An empty NDJSON page is the last one by offset, or the only one. @throws FileProblem if it can be neither. */
function requireEnd({ pages }: PagedRequest, page: number, type: string): void {
  // Some servers send lines as JSON; after a first page, its layout is known.
  if (page === 1 && /^(application|text)\/json\s*(;|$)/i.test(type)) throw empty('JSON');
  if (pages.offset === undefined && page > 1)
    throw empty('rows, because the previous page refers to it as the next page');
}

async function* limited(
  body: AsyncIterable<Buffer>,
  { fileLimitMb }: SourceOptions,
  add: (bytes: number) => number,
): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    if (add(chunk.length) > fileLimitMb * MEGABYTE) throw tooMany(fileLimitMb, 'MB', 'file_limit_mb of the source');
    yield chunk;
  }
}

/** The same bytes, if they are no web page: some servers send JSON as text/html, which is the default of PHP. */
async function* unlessWebPage(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isStart = true;
  for await (const chunk of body) {
    const first = isStart ? chunk.find((byte) => !isSpace(byte) && !BYTE_ORDER_MARK.includes(byte)) : undefined;
    if (first === LESS_THAN) throw webPage();
    if (first !== undefined) isStart = false;
    yield chunk;
  }
}

function webPage(): HttpProblem {
  return new HttpProblem(
    'refused',
    safe('the response is a web page, probably from a proxy or a login page; check the URL'),
  );
}

function tooMany(limit: number, what: string, key: string): HttpProblem {
  return new HttpProblem(
    'shape',
    text`it has more than ${safe(limit.toLocaleString('en'))} ${safe(what)} (${safe(key)}); request fewer rows with \`parameters\`, or raise the limit`,
  );
}

/** Checks that each page has another URL. */
function newPages(): (url: URL) => void {
  const seen = new Set<string>();
  return (url) => {
    const key = createHash('sha256').update(url.href).digest('base64');
    if (seen.has(key))
      throw new HttpProblem(
        'shape',
        safe(
          'it was already requested, so the pages would repeat forever; check `pages` in the view, or report this to the owner of the API',
        ),
      );
    seen.add(key);
  };
}

/** A wrong `pages.next` looks like a last page. */
function onlyPage({ pages }: PagedRequest, { envelope, link, rows }: PageEnd): string[] {
  if (pages.offset !== undefined || rows === 0) return [];
  const isCertain = pages.next === 'link' ? link !== undefined : hasCursor(envelope, pages.next ?? '');
  const where = pages.next === 'link' ? 'Link header' : pages.next;
  return isCertain ? [] : [`the first page has no ${where}, so only this page was read`];
}

const CODES = {
  busy: 'SOURCE_UNAVAILABLE',
  broken: 'FILE_BROKEN',
  login: 'SOURCE_CREDENTIALS',
  denied: 'SOURCE_DENIED',
  refused: 'SOURCE_QUERY',
  shape: 'SOURCE_SHAPE',
} as const;

async function orFailure(reading: PageReading, page: number, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof HttpProblem ? failureOf(reading, page, error.kind, error.parts, error) : error;
  }
}

function failureOf(
  { options, address, request }: PageReading,
  page: number,
  kind: HttpProblem['kind'],
  parts: Message,
  cause: unknown,
): Failure {
  const [path = ''] = request.path.split('?', 1);
  const is = kind === 'broken' ? ' is broken' : '';
  const what = text`Source ${safe(options.name)}: page ${safe(page)} of ${safe(path)} at ${safe(address.label)}${safe(is)}: ${parts}.`;
  return new Failure(CODES[kind], what, { source: options.name, page }, cause);
}
