// Rules of sources with a literal URL scheme, so that their kind is known without the environment.

import type { ConfigFile } from '../files/config-file.ts';
import type { ViewFile } from '../files/view-file.ts';
import type { SqlDialect } from '../query/sql-text.ts';
import { DEFAULT_SOURCE } from '../view.ts';
import type { Draft } from '../yaml/load-files.ts';
import { didYouMean } from '../yaml/nearest.ts';
import type { Problem } from '../yaml/problem.ts';
import { namedFilesProblems } from './files/named-files-rules.ts';

/** What the rules need to know about a kind of source. */
export type KnownKind = {
  /** Without the colon. */
  readonly schemes: readonly string[];
  /** What a view over it has: a query over the tables of the source, a set of files, pages or files without wildcards, or keys. */
  readonly needs: 'query' | 'files' | 'pages or named files' | 'keys';
  readonly dialect: SqlDialect;
};

/** A problem for each URL with an unknown scheme, and for each view that does not match the kind of its source. */
export function schemeProblems(
  config: Draft<ConfigFile>,
  views: readonly Draft<ViewFile>[],
  kinds: readonly KnownKind[],
): Problem[] {
  const sources = config.sound.sources ?? {};
  const unknown = Object.entries(sources).flatMap(([name, { url }]) => {
    const scheme = schemeOf(url);
    if (scheme === null || kindOf(scheme, kinds) !== undefined) return [];
    const path = ['sources', name, 'url'];
    return [config.yaml.problemAt(path, `\`${path.join('.')}\`: ${unknownScheme(scheme, kinds)}`)];
  });
  const dialects = Object.entries(sources).flatMap(([name, source]) => dialectProblem(config, name, source, kinds));
  const fallbacks = Object.keys(sources).flatMap((name) => fallbackProblem(config, name, sources, kinds));
  const readings = Object.entries(sources).flatMap(([name, source]) => readingProblem(config, name, source, kinds));
  return [
    ...unknown,
    ...views.flatMap((view) => tableProblems(view, sources, kinds)),
    ...dialects,
    ...readings,
    ...fallbacks,
    ...views.flatMap((view) => kindProblem(view, sources, kinds)),
  ];
}

/** The dialect of a source's queries: as it says, or by the scheme of its URL; null if it may be any. */
export function dialectOf(source: SourceFile | undefined, kinds: readonly KnownKind[]): SqlDialect | null {
  if (source === undefined || source.dialect === 'any') return null;
  const scheme = schemeOf(source.url);
  return source.dialect ?? (scheme === null ? null : (kindOf(scheme, kinds)?.dialect ?? null));
}

type SourceFile = NonNullable<ConfigFile['sources']>[string];

function dialectProblem(
  config: Draft<ConfigFile>,
  name: string,
  { url, dialect }: SourceFile,
  kinds: readonly KnownKind[],
): Problem[] {
  const scheme = schemeOf(url);
  const known = scheme === null ? undefined : kindOf(scheme, kinds);
  if (dialect === undefined || known === undefined || (dialect === 'any' && known.needs === 'query')) return [];
  if (dialect === known.dialect) return [];
  const path = ['sources', name, 'dialect'];
  const why = known.needs !== 'query' ? 'only for a database; remove it' : `remove it, or write ${known.dialect}`;
  return [config.yaml.problemAt(path, `\`${path.join('.')}\`: the URL of the source starts with ${scheme}:; ${why}`)];
}

function readingProblem(
  config: Draft<ConfigFile>,
  name: string,
  source: SourceFile,
  kinds: readonly KnownKind[],
): Problem[] {
  const dialect = source.read_with === 'cursor' ? (dialectOf(source, kinds) ?? 'postgres') : 'postgres';
  if (dialect === 'postgres') return [];
  const path = ['sources', name, 'read_with'];
  return [config.yaml.problemAt(path, `\`${path.join('.')}\`: only for a source with a postgres:// URL; remove it`)];
}

function fallbackProblem(
  config: Draft<ConfigFile>,
  name: string,
  sources: Readonly<Record<string, SourceFile>>,
  kinds: readonly KnownKind[],
): Problem[] {
  const { fallback } = sources[name] ?? {};
  if (fallback === undefined) return [];
  const path = ['sources', name, 'fallback'];
  const problem = (why: string) => [config.yaml.problemAt(path, `\`${path.join('.')}\`: ${why}`)];
  const other = sources[fallback];
  if (fallback === name) return problem('a source cannot be its own fallback');
  if (other === undefined)
    return problem(`there is no source '${fallback}'${didYouMean(fallback, Object.keys(sources))}`);
  if (other.fallback !== undefined) return problem(`'${fallback}' also has a \`fallback\`; only one is tried`);
  const needs = [name, fallback].map((each) => kindOf(schemeOf(sources[each]?.url ?? '') ?? '', kinds)?.needs);
  if (needs.some((each) => each !== undefined && each !== 'query')) {
    return problem('only for databases with SQL; remove it');
  }
  const [own, others] = [dialectOf(sources[name], kinds), dialectOf(other, kinds)];
  if (own === null || others === null || own === others) return [];
  return problem(`'${fallback}' has the SQL dialect ${others}, but '${name}' has ${own}; queries must work on both`);
}

function unknownScheme(scheme: string, kinds: readonly KnownKind[]): string {
  const schemes = kinds.flatMap((kind) => kind.schemes);
  const hint = didYouMean(scheme, schemes) || `; expected one of ${schemes.map((each) => `${each}:`).join(', ')}`;
  return `unknown scheme '${scheme}'${hint}`;
}

function kindProblem(view: Draft<ViewFile>, sources: ConfigFile['sources'], kinds: readonly KnownKind[]): Problem[] {
  const { yaml, sound, written } = view;
  const { source = DEFAULT_SOURCE } = sound;
  const scheme = schemeOf(sources[source]?.url ?? '');
  const needs = scheme === null ? undefined : kindOf(scheme, kinds)?.needs;
  const { from } = sound;
  const declared = typeof from === 'object' && from.files !== undefined ? 'from' : undefined;
  if (needs === 'pages or named files') return httpProblems(view, source, scheme);
  const pages = pagesProblem({ yaml, written }, source, scheme, needs);
  if (pages !== null) return [pages];
  const keys = keysProblem({ yaml, written }, source, scheme, needs);
  if (keys !== null) return [keys];
  const key = (['files', 'tables'] as const).find((each) => written.has(each)) ?? declared;
  if (needs === 'query' && key !== undefined) {
    const sentence = `the source '${source}' (${scheme}:) is a database; write a \`query\` over its tables, or choose a source with files`;
    return [yaml.problemAt([key], `\`${key}\`: ${sentence}`, 'key')];
  }
  if (needs !== 'files' || key !== undefined) return [];
  const sentence = `'${source}' (${scheme}:) contains files, not database tables; add \`files\` or \`tables\` to the view, or choose another source`;
  return [yaml.problemAt(['source'], `\`source\`: ${sentence}`)];
}

/** The source of a table that a query fills is a database. */
function tableProblems(
  { yaml, sound }: Draft<ViewFile>,
  sources: NonNullable<ConfigFile['sources']>,
  kinds: readonly KnownKind[],
): Problem[] {
  return Object.entries(sound.tables ?? {}).flatMap(([name, { source }]) => {
    const scheme = source === undefined ? null : schemeOf(sources[source]?.url ?? '');
    const needs = scheme === null ? undefined : kindOf(scheme, kinds)?.needs;
    if (needs === undefined || needs === 'query') return [];
    const path = ['tables', name, 'source'];
    const what = `'${source}' (${scheme}:) is not a database; expected a source that runs queries`;
    return [yaml.problemAt(path, `\`${path.join('.')}\`: ${what}`)];
  });
}

/** An HTTP server needs a view over pages, or over files whose names can be enumerated. */
function httpProblems(view: Draft<ViewFile>, source: string, scheme: string | null): Problem[] {
  const { yaml, sound, written } = view;
  if (written.has('path')) return [];
  const { from } = sound;
  const server = `'${source}' (${scheme}:) is an HTTP server`;
  if (typeof from === 'object' && from.table !== undefined) {
    const sentence = `${server} and has no tables; expected \`files\`, or a \`query\` over its pages instead of \`from\``;
    return [yaml.problemAt(['from'], `\`from\`: ${sentence}`, 'key')];
  }
  if (written.has('files') || written.has('tables') || written.has('from')) return namedFilesProblems(view);
  const sentence = `${server}; add \`path\` and \`pages\` to the view to read an API, add \`files\`, or choose another source`;
  return [yaml.problemAt(['source'], `\`source\`: ${sentence}`)];
}

/** A view over pages needs an HTTP API; null if there is no problem. */
function pagesProblem(
  { yaml, written }: Pick<Draft<ViewFile>, 'yaml' | 'written'>,
  source: string,
  scheme: string | null,
  needs: KnownKind['needs'] | undefined,
): Problem | null {
  if (needs === undefined || !written.has('path')) return null;
  const sentence = `the source '${source}' (${scheme}:) is not an HTTP API; choose a source with a URL such as https://api.example.com`;
  return yaml.problemAt(['path'], `\`path\`: ${sentence}`, 'key');
}

/** A view with keys needs a Redis server, and a Redis server needs a view with keys; null if there is no problem. */
function keysProblem(
  { yaml, written }: Pick<Draft<ViewFile>, 'yaml' | 'written'>,
  source: string,
  scheme: string | null,
  needs: KnownKind['needs'] | undefined,
): Problem | null {
  if (needs === 'keys' && !written.has('keys')) {
    const sentence = `'${source}' (${scheme}:) is a Redis server; add \`keys\` to the view, or choose another source`;
    return yaml.problemAt(['source'], `\`source\`: ${sentence}`);
  }
  if (needs === undefined || needs === 'keys' || !written.has('keys')) return null;
  const sentence = `the source '${source}' (${scheme}:) is not a Redis server; choose a source with a redis:// or rediss:// URL`;
  return yaml.problemAt(['keys'], `\`keys\`: ${sentence}`, 'key');
}

/** The scheme of a URL as written, in lower case; null if it comes from a variable or is missing. */
function schemeOf(url: string): string | null {
  return /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? null;
}

function kindOf(scheme: string, kinds: readonly KnownKind[]): KnownKind | undefined {
  return kinds.find(({ schemes }) => schemes.includes(scheme));
}
