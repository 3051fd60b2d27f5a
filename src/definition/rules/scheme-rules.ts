// The rules of sources whose kind is known before the environment is: the scheme of their URL is written out.

import type { ConfigFile } from '../files/config-file.ts';
import type { ViewFile } from '../files/view-file.ts';
import type { Draft } from '../yaml/load-files.ts';
import { didYouMean } from '../yaml/nearest.ts';
import type { Problem } from '../yaml/problem.ts';

/** A kind of source, as far as definitions are checked against it. */
export type KnownKind = {
  /** Without the colon. */
  readonly schemes: readonly string[];
  /** What a view over it says: a query over the source's own tables, or which of its files to read. */
  readonly needs: 'query' | 'files';
};

/** A problem at each URL whose scheme no kind has, and at each view that asks a source for what its kind has not. */
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
  return [...unknown, ...views.flatMap((view) => misfit(view, sources, kinds))];
}

function unknownScheme(scheme: string, kinds: readonly KnownKind[]): string {
  const schemes = kinds.flatMap((kind) => kind.schemes);
  const hint = didYouMean(scheme, schemes) || `; expected one of ${schemes.map((each) => `${each}:`).join(', ')}`;
  return `no kind of source has the scheme '${scheme}'${hint}`;
}

function misfit(
  { yaml, sound, written }: Draft<ViewFile>,
  sources: ConfigFile['sources'],
  kinds: readonly KnownKind[],
): Problem[] {
  const { source = '' } = sound;
  const scheme = schemeOf(sources[source]?.url ?? '');
  const needs = scheme === null ? undefined : kindOf(scheme, kinds)?.needs;
  const key = (['files', 'tables'] as const).find((each) => written.has(each));
  if (needs === 'query' && key !== undefined) {
    const sentence = `the source '${source}' (${scheme}:) has no files; expected a \`query\` over its tables, or a source of files`;
    return [yaml.problemAt([key], `\`${key}\`: ${sentence}`, 'key')];
  }
  if (needs !== 'files' || key !== undefined) return [];
  const sentence = `'${source}' (${scheme}:) has files and no tables; expected \`files\` or \`tables\` in the view, or another source`;
  return [yaml.problemAt(['source'], `\`source\`: ${sentence}`)];
}

/** The scheme of a URL as written, in lower case; null where the environment gives it, or there is none. */
function schemeOf(url: string): string | null {
  return /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? null;
}

function kindOf(scheme: string, kinds: readonly KnownKind[]): KnownKind | undefined {
  return kinds.find(({ schemes }) => schemes.includes(scheme));
}
