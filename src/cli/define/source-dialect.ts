// The SQL of a source, from the scheme of its URL.

import type { Project } from '../../definition/project.ts';
import type { SqlDialect } from '../../definition/query/sql-text.ts';
import type { KnownKind } from '../../definition/rules/scheme-rules.ts';
import { sourceKinds } from '../source-kinds.ts';

/** The SQL of each source of a project, by its name; null for one with an invalid URL. */
export async function sourceDialects({
  connections,
}: Pick<Project, 'connections'>): Promise<(source: string) => SqlDialect | null> {
  const kinds = await sourceKinds();
  return (source) => dialectOfUrl(connections.sources[source]?.url ?? '', kinds);
}

/** Null for a URL with another scheme, or none. */
export function dialectOfUrl(url: string, kinds: readonly KnownKind[]): SqlDialect | null {
  const scheme = url.split(':', 1)[0]?.toLowerCase() ?? '';
  return kinds.find(({ schemes }) => schemes.includes(scheme))?.dialect ?? null;
}
