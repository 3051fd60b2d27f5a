// The state of a project as it runs, whatever is wrong with its files: only the connections of millrace.yaml are needed.

import path from 'node:path';
import type { App } from '../app.ts';
import { silentLog } from '../core/log.ts';
import { configFile } from '../definition/config-file.ts';
import { resolveConnections } from '../definition/connections.ts';
import { readEnvironment } from '../definition/environment.ts';
import type { Job } from '../definition/job.ts';
import { CONFIG_FILE, checkDefinitions } from '../definition/load.ts';
import { loadFiles } from '../definition/load-files.ts';
import { configProblems, parseConfig } from '../definition/parse-config.ts';
import { invalidDefinitions, type Problem } from '../definition/problem.ts';
import type { Cli, CommonOptions } from './command.ts';
import { openProject } from './open.ts';
import { sourceKinds } from './source-kinds.ts';

export type OpenState = AsyncDisposable & {
  readonly app: App;
  /** Null where the definitions are wrong. */
  readonly jobs: readonly Job[] | null;
  readonly problems: readonly Problem[];
};

/** @throws Failure DEFINITION_INVALID where millrace.yaml itself is wrong, or ENVIRONMENT_MISSING. */
export async function openState(cli: Cli, options: CommonOptions): Promise<OpenState> {
  const { definitions, problems } = await checkDefinitions(options.project, cli.clock.now(), await sourceKinds());
  if (definitions === null) return openBroken(cli, options, problems);
  const { app, project, ...open } = await openProject(cli, options);
  return { app, jobs: project.jobs, problems, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() };
}

async function openBroken(cli: Cli, options: CommonOptions, problems: readonly Problem[]): Promise<OpenState> {
  const folder = path.resolve(options.project);
  const { drafts } = await loadFiles(folder, [CONFIG_FILE], configFile);
  const [draft] = drafts;
  const isSound = draft !== undefined && configProblems(draft.yaml).length === 0;
  if (!isSound || draft.whole === null) throw invalidDefinitions(problems);
  // No source is read: its variables may be missing.
  const config = { ...parseConfig(draft.whole, draft.yaml), sources: {} };
  const connections = await resolveConnections(config, await readEnvironment(folder, cli.env));
  const { openApp } = await import('../app.ts');
  const app = openApp({ folder, connections, log: silentLog, clock: cli.clock });
  return { app, jobs: null, problems, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}
