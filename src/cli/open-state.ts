// The state of a project, even if its definitions are invalid: only the connections of millrace.yaml are needed.

import path from 'node:path';
import type { App } from '../app.ts';
import { type Log, silentLog } from '../core/log.ts';
import type { ProjectConfig } from '../definition/config.ts';
import { resolveConnections } from '../definition/connections/connections.ts';
import { type Environment, readEnvironment } from '../definition/connections/environment.ts';
import { configFile } from '../definition/files/config-file.ts';
import type { Job } from '../definition/job.ts';
import { CONFIG_FILE, checkDefinitions, missingConfig } from '../definition/load.ts';
import { configProblems, parseConfig } from '../definition/parse/parse-config.ts';
import { loadFiles } from '../definition/yaml/load-files.ts';
import { invalidDefinitions, type Problem } from '../definition/yaml/problem.ts';
import { hasFile } from '../definition/yaml/project-files.ts';
import type { Cli, CommonOptions } from './command.ts';
import { openProject, warnOfEnvFile } from './open.ts';
import { sourceKinds } from './source-kinds.ts';

export type OpenState = AsyncDisposable & {
  readonly app: App;
  /** Null if the definitions are invalid. */
  readonly jobs: readonly Job[] | null;
  readonly problems: readonly Problem[];
};

/** @throws Failure DEFINITION_INVALID if millrace.yaml itself is invalid, or ENVIRONMENT_MISSING. */
export async function openState(cli: Cli, options: CommonOptions): Promise<OpenState> {
  const { definitions, problems } = await checkDefinitions(options.project, cli.clock.now(), await sourceKinds());
  if (definitions === null) return openBroken(cli, options, problems);
  const { app, project, ...open } = await openProject(cli, options);
  return { app, jobs: project.jobs, problems, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() };
}

async function openBroken(cli: Cli, options: CommonOptions, problems: readonly Problem[]): Promise<OpenState> {
  const folder = path.resolve(options.project);
  const { config } = await readConfig(folder);
  if (config === null) throw invalidDefinitions(problems);
  const app = await openStores(cli, folder, { config, env: await readEnvironment(folder, cli.env), log: silentLog });
  return { app, jobs: null, problems, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

export type OpenStores = AsyncDisposable & {
  readonly app: App;
  readonly project: string;
  readonly config: ProjectConfig;
  readonly env: Environment;
};

/** The stores of a project without its definitions. @throws Failure DEFINITION_INVALID or ENVIRONMENT_MISSING */
export async function openConfigured(cli: Cli, options: CommonOptions, log: Log): Promise<OpenStores> {
  const folder = path.resolve(options.project);
  const { config, problems, project } = await readConfig(folder);
  if (config === null) throw invalidDefinitions(problems);
  const env = await readEnvironment(folder, cli.env);
  await warnOfEnvFile(cli, folder, log === silentLog ? null : log);
  const app = await openStores(cli, folder, { config, env, log });
  return { app, project, config, env, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

/** Only millrace.yaml; `config` is null if it is invalid. */
async function readConfig(folder: string) {
  if (!(await hasFile(folder, CONFIG_FILE))) return { config: null, project: '', problems: [missingConfig(folder)] };
  const { drafts, problems: unreadable } = await loadFiles(folder, [CONFIG_FILE], configFile);
  const problems = [...unreadable, ...drafts.flatMap(({ yaml }) => configProblems(yaml))];
  const [draft] = drafts;
  const isValid = problems.length === 0 && draft !== undefined && draft.whole !== null;
  if (!isValid) return { config: null, project: '', problems };
  return { config: parseConfig(draft.whole, draft.yaml), project: draft.whole.project, problems };
}

type Stores = { readonly config: ProjectConfig; readonly env: Environment; readonly log: Log };

async function openStores({ clock }: Cli, folder: string, { config, env, log }: Stores): Promise<App> {
  // No source is read, so variables of sources may be missing.
  const connections = await resolveConnections({ ...config, sources: {} }, env);
  const { openApp } = await import('../app.ts');
  return openApp({ folder, connections, log, clock });
}
