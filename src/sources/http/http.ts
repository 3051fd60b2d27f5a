// HTTP servers: APIs that return rows in pages, and folders of files. All pages are fetched to the spool, and then queried like
// files, with DuckDB as the table `pages`: a page that fails cannot leave part of the rows.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView, PagedRequest, ViewFiles } from '../../definition/view.ts';
import { openCopyFolder } from '../formats/clean-copy.ts';
import { lakeOver } from '../lake/lake.ts';
import {
  type Extraction,
  hasSameColumns,
  openReading,
  type Reading,
  type Source,
  type SourceKind,
  type SourceOptions,
} from '../source.ts';
import { localFiles } from '../storage/local-files.ts';
import { placeOf } from '../storage/place.ts';
import { type HttpAddress, httpAddress } from './address.ts';
import { withAttempts } from './attempts.ts';
import { exchange } from './exchange.ts';
import { fetchPages } from './fetch-pages.ts';
import { openPageFiles, spooledFiles } from './page-files.ts';
import { problemOf, statusProblem } from './problem.ts';
import { type Exchanging, newAgents } from './send.ts';

export const httpSource: SourceKind = {
  name: 'http',
  schemes: ['https', 'http'],
  needs: 'pages or named files',
  dialect: 'duckdb',
  open: (options) => openedHttp(options),
};

function openedHttp(options: SourceOptions): Source {
  httpAddress(options);
  const agents = newAgents();
  const pages = pagesSource(options, agents);
  const files = lakeOver(placeOf(options), options);
  const sourceOf = ({ view }: Extraction) => (isOverFiles(view) ? files : pages);
  return {
    probe: (signal) => pages.probe(signal),
    describe: (extraction, signal) => sourceOf(extraction).describe(extraction, signal),
    read: (extraction, signal) => sourceOf(extraction).read(extraction, signal),
    open: (extraction, signal) => openReading(sourceOf(extraction), extraction, signal),
    filesOfUnits: async (view, spans, signal) => (await files.filesOfUnits?.(view, spans, signal)) ?? [],
    async [Symbol.asyncDispose]() {
      await files[Symbol.asyncDispose]();
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function isOverFiles({ files }: FeatureView): boolean {
  const tables = Object.values(files ?? {});
  return tables.length > 0 && tables.every(({ request }) => request === undefined);
}

function pagesSource(options: SourceOptions, agents: Exchanging['agents']): Source {
  return {
    probe: (signal) => probed(options, agents, signal),
    async describe(extraction, signal) {
      await using reading = await openPages(options, agents, extraction, 'first', signal);
      return reading.columns;
    },
    async *read(extraction, signal) {
      await using reading = await openPages(options, agents, extraction, 'all', signal);
      if (!hasSameColumns(extraction, reading.columns)) throw otherColumns(extraction.view);
      yield* reading.rows();
    },
    open: (extraction, signal) => openPages(options, agents, extraction, 'all', signal),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Any response shows that the server is there, except one that says that it is not. */
async function probed(options: SourceOptions, agents: Exchanging['agents'], signal: AbortSignal): Promise<void> {
  const { base, label, headers } = await currentAddress(options);
  try {
    await withAttempts(options.clock, signal, () =>
      exchange({ ...options, headers, agents }, base, signal, async ({ status }) => {
        if (status >= 500) throw statusProblem(status, null);
      }),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Failure) throw error;
    const { kind, parts } = problemOf(error);
    const what = text`Source ${safe(options.name)} (${safe(label)}): ${parts}.`;
    throw new Failure(
      kind === 'denied' ? 'SOURCE_DENIED' : 'SOURCE_UNAVAILABLE',
      what,
      { source: options.name },
      error,
    );
  }
}

/** With the current secrets, if they are in files. */
async function currentAddress(options: SourceOptions): Promise<HttpAddress> {
  return httpAddress({ ...options, ...(await options.renewed?.()) });
}

async function openPages(
  options: SourceOptions,
  agents: Exchanging['agents'],
  extraction: Extraction,
  extent: 'all' | 'first',
  signal: AbortSignal,
): Promise<Reading> {
  signal.throwIfAborted();
  const { table, files, request } = requirePages(extraction.view);
  await using opening = new AsyncDisposableStack();
  const folder = opening.use(await options.spool.reserve(0, signal));
  const copies = opening.use(openCopyFolder(options.spool));
  const address = await currentAddress(options);
  const stored = await openPageFiles(folder, files, { ...options, purpose: 'read', copies, signal });
  const notes: string[] = [];
  try {
    // A long reading outlives the secrets that it started with.
    const exchanging = async () => ({ ...options, headers: (await currentAddress(options)).headers, agents });
    const { span } = extraction;
    const reading = { options, address, exchanging, request, span, files: stored, extent, signal };
    notes.push(...(await fetchPages(reading)));
  } finally {
    await stored[Symbol.asyncDispose]();
  }
  const lake = opening.use(lakeOver({ ...localFiles(folder.path), label: address.label }, options));
  const view = { ...extraction.view, files: { [table]: spooledFiles(files) } };
  const { readBefore: _before, ...rest } = extraction;
  const reading = opening.use(await openReading(lake, { ...rest, view }, signal));
  const kept = opening.move();
  return {
    columns: reading.columns,
    files: null,
    notes: [...notes, ...(reading.notes ?? [])],
    rows: () => reading.rows(),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

type Pages = { readonly table: string; readonly files: ViewFiles; readonly request: PagedRequest };

/** @throws Failure DEFINITION_INVALID for a view without pages. */
function requirePages({ name, source, files }: FeatureView): Pages {
  const [[table, only] = [], ...others] = Object.entries(files ?? {});
  if (table !== undefined && only?.request !== undefined && others.length === 0) {
    return { table, files: only, request: only.request };
  }
  const what = text`View ${safe(name)} has neither \`path\` and \`pages\` nor \`files\`, but its source ${safe(source)} is an HTTP server. Add them, or choose another source.`;
  throw new Failure('DEFINITION_INVALID', what, { view: name, source });
}

function otherColumns({ name }: FeatureView): Failure {
  return new Failure('FILE_CHANGED', text`View ${safe(name)}: the columns of its pages changed during the read.`, {
    view: name,
  });
}
