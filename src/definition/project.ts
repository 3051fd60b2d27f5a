// A project that is ready to run: its definitions, and its connections from the environment.

import type { EpochMs } from '../core/instant.ts';
import { type Connections, resolveConnections } from './connections/connections.ts';
import { type Environment, readEnvironment } from './connections/environment.ts';
import { type Definitions, loadDefinitions } from './load.ts';
import type { QueryChecker } from './query/query-problem.ts';
import type { KnownKind } from './rules/scheme-rules.ts';

export type Project = Definitions & {
  readonly connections: Connections;
  /** The environment, with the variables of the project's `.env`. */
  readonly env: Environment;
};

/** @throws Failure DEFINITION_INVALID or ENVIRONMENT_MISSING. */
export async function loadProject(
  folder: string,
  env: Environment,
  now: EpochMs,
  kinds: readonly KnownKind[] = [],
  checkQueries: QueryChecker | null = null,
): Promise<Project> {
  const definitions = await loadDefinitions(folder, now, kinds, checkQueries);
  const whole = await readEnvironment(definitions.folder, env);
  return { ...definitions, connections: await resolveConnections(definitions.config, whole), env: whole };
}
