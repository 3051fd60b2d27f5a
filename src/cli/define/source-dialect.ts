// The SQL of a source, from the scheme of its URL.

import type { Project } from '../../definition/project.ts';
import type { SqlDialect } from '../../definition/query/sql-text.ts';

/** Null for a source with an invalid URL. */
export function sourceDialect({ connections }: Pick<Project, 'connections'>, source: string): SqlDialect | null {
  const scheme = /^[a-z0-9+.-]+(?=:)/i.exec(connections.sources[source]?.url ?? '')?.[0]?.toLowerCase();
  if (scheme === undefined) return null;
  if (scheme.startsWith('postgres')) return 'postgres';
  if (scheme === 'clickhouse') return 'clickhouse';
  return scheme === 'mysql' || scheme === 'mariadb' ? 'mysql' : 'duckdb';
}
