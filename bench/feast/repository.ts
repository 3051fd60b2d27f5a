// A project of Feast over the servers of a bench, and its process (program.py).

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LineProcess, openLineProcess } from '../compare/line-process.ts';
import type { CompareServers } from '../compare/rival.ts';
import { feastEnvironment } from './install.ts';

/** A view of Feast: rows of a query with `entity_id`, `event_timestamp` and features of these types. */
export type FeastView = {
  readonly name: string;
  readonly query: string;
  readonly features: Readonly<Record<string, 'Float64' | 'Int64' | 'Bool'>>;
};

export type Feast = AsyncDisposable & {
  readonly folder: string;
  /** The folder of its Python environment. */
  readonly environment: string;
  readonly process: LineProcess;
};

/** Programs of Feast report their use to its authors unless this is set. */
export const NO_REPORTS = { FEAST_USAGE: 'False' };

/** Registers the views. @throws Error if Feast cannot be installed. */
export async function openFeastProject(servers: CompareServers, views: readonly FeastView[]): Promise<Feast> {
  const environment = feastEnvironment();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-feast-'));
  writeFileSync(join(folder, 'feature_store.yaml'), configuration(servers));
  const program = join(import.meta.dirname, 'program.py');
  const process = openLineProcess(join(environment, 'bin/python'), [program], { folder, environment: NO_REPORTS });
  const feast = {
    folder,
    environment,
    process,
    [Symbol.asyncDispose]: async () => {
      await process[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await process.ask({ do: 'apply', views });
    return feast;
  } catch (error) {
    await feast[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * The fewest round trips that Feast can make: the newest row of each entity is chosen by Postgres, and rows are written to
 * Redis in batches, without reading which time is stored for an entity (`skip_dedup`).
 */
function configuration({ postgres, redis }: CompareServers): string {
  const [offline, online] = [new URL(postgres), new URL(redis)];
  return `project: bench
provider: local
registry: registry.db
entity_key_serialization_version: 3
offline_store:
  type: postgres
  host: ${offline.hostname}
  port: ${offline.port}
  database: ${offline.pathname.slice(1)}
  user: ${offline.username}
  password: "${offline.password}"
  sslmode: disable
online_store:
  type: redis
  connection_string: "${online.hostname}:${online.port},password=\\"${online.password}\\",db=${online.pathname.slice(1) || 0}"
  skip_dedup: true
materialization:
  pull_latest_features: true
  online_write_batch_size: 10000
`;
}
