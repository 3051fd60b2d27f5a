// Opens the sources of a project when they are first needed.

import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { Connections } from '../definition/connections/connections.ts';
import { withFallback } from './fallback.ts';
import { openSource } from './index.ts';
import type { EnginePool } from './lake/engine/pool.ts';
import type { Source } from './source.ts';
import type { Spool } from './storage/spool.ts';

/** One open source per connection and process. */
export function sourcesOf(parts: {
  folder: string;
  connections: Connections;
  batchRows: number;
  clock: Clock;
  resources: AsyncDisposableStack;
  spool: Spool;
  engines: EnginePool;
}): (name: string) => Source {
  const opened = new Map<string, Source>();
  const sourceOf = (name: string): Source => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const invalid = parts.connections.invalidSources?.get(name);
    if (invalid !== undefined) throw invalidSource(name, invalid);
    const connection = parts.connections.sources[name];
    if (connection === undefined) {
      // Retryable: during a rolling deployment, another worker may already know the source.
      throw new Failure(
        'SOURCE_UNAVAILABLE',
        text`The source "${safe(name)}" is not defined in the millrace.yaml of this process: add it there, or start the process in the correct project.`,
        { source: name },
      );
    }
    const { folder, batchRows, clock } = parts;
    const { fallback } = connection;
    const first = openSource({
      ...connection,
      name,
      projectFolder: folder,
      batchRows,
      spool: parts.spool,
      engines: parts.engines,
      clock,
      others: sourceOf,
    });
    const source =
      fallback === undefined ? first : withFallback(name, first, { name: fallback, open: () => sourceOf(fallback) });
    opened.set(name, parts.resources.use(source));
    return source;
  };
  return sourceOf;
}

/** Retryable: another worker may have a valid URL, and this one after a restart. */
function invalidSource(name: string, why: Failure): Failure {
  return new Failure(
    'SOURCE_UNAVAILABLE',
    text`Source ${safe(name)} cannot be used: ${why.parts} Fix its URL, and restart this process.`,
    { source: name },
  );
}
