// Loads a project's folder: millrace.yaml, features/, jobs/, datasets/, services/ and tests/. Needs no variables and no servers.

import path from 'node:path';
import type { EpochMs } from '../core/instant.ts';
import type { ProjectConfig } from './config.ts';
import type { Dataset } from './dataset.ts';
import { type ConfigFile, configFile } from './files/config-file.ts';
import { type DatasetFile, datasetFile } from './files/dataset-file.ts';
import { type JobFile, jobFile } from './files/job-file.ts';
import { type ServiceFile, serviceFile } from './files/service-file.ts';
import { type ViewFile, viewFile } from './files/view-file.ts';
import { keepsDigits, type ViewTestFile, viewTestFile } from './files/view-test-file.ts';
import type { Job } from './job.ts';
import { alertProblems } from './parse/parse-alerts.ts';
import { configProblems, parseConfig } from './parse/parse-config.ts';
import { parseDataset } from './parse/parse-dataset.ts';
import { jobFindings, parseJob } from './parse/parse-job.ts';
import { parseService } from './parse/parse-service.ts';
import { parseView } from './parse/parse-view.ts';
import type { QueryChecker } from './query/query-problem.ts';
import { checkedQueries, NO_CHECKED_QUERIES } from './rules/checked-queries.ts';
import { conditionFindings } from './rules/condition-rules.ts';
import { datasetFindings, unknownInDatasets } from './rules/dataset-rules.ts';
import { tableProblems, unknownTables, withTable } from './rules/files/table-rules.ts';
import type { Finding } from './rules/finding.ts';
import {
  neverLateViews,
  pushedInJobs,
  repeatedNames,
  unknownAlertViews,
  unknownSources,
  unknownTokenViews,
  unknownViews,
  wrongOrder,
} from './rules/reference-rules.ts';
import { type KnownKind, schemeProblems } from './rules/scheme-rules.ts';
import { serviceProblems } from './rules/service-rules.ts';
import { viewFindings } from './rules/view-rules.ts';
import { viewTestProblems } from './rules/view-test-rules.ts';
import type { Service } from './service.ts';
import type { FeatureView } from './view.ts';
import { parseViewTest, type ViewTest } from './view-test.ts';
import { type Draft, type LoadedFiles, loadFiles } from './yaml/load-files.ts';
import { invalidDefinitions, type Problem, sortProblems } from './yaml/problem.ts';
import {
  findDatasetFiles,
  findJobFiles,
  findServiceFiles,
  findViewFiles,
  findViewTestFiles,
  hasFile,
} from './yaml/project-files.ts';
import { fileProblem } from './yaml/yaml-file.ts';

export const CONFIG_FILE = 'millrace.yaml';

export type Definitions = {
  /** The project's folder, absolute. */
  readonly folder: string;
  readonly project: string;
  readonly config: ProjectConfig;
  /** Sorted by name. */
  readonly views: readonly FeatureView[];
  readonly jobs: readonly Job[];
  readonly datasets: readonly Dataset[];
  readonly services: readonly Service[];
  /** By file. */
  readonly tests: readonly ViewTest[];
  /** `view:NAME`, `job:NAME`, `dataset:NAME` and `service:NAME` → the file that defines it, relative to the folder. */
  readonly files: Readonly<Record<string, string>>;
};

export type Checked = {
  /** Null if there is any problem. */
  readonly definitions: Definitions | null;
  readonly problems: readonly Problem[];
  /** About valid queries that may return other rows when they are repeated. */
  readonly warnings: readonly Problem[];
};

/** The definitions of a project's folder. @throws Failure DEFINITION_INVALID with all problems, one per line. */
export async function loadDefinitions(
  folder: string,
  now: EpochMs,
  kinds: readonly KnownKind[] = [],
  checkQueries: QueryChecker | null = null,
): Promise<Definitions> {
  const { definitions, problems } = await checkDefinitions(folder, now, kinds, checkQueries);
  if (definitions === null) throw invalidDefinitions(problems);
  return definitions;
}

/**
 * The definitions of a project's folder, or all their problems. Cron ticks are enumerated from `now`. Without `kinds`, the
 * URL schemes of sources are not checked, and without `checkQueries` the SQL of queries.
 */
export async function checkDefinitions(
  folder: string,
  now: EpochMs,
  kinds: readonly KnownKind[] = [],
  checkQueries: QueryChecker | null = null,
): Promise<Checked> {
  const absolute = path.resolve(folder);
  if (!(await hasFile(absolute, CONFIG_FILE)))
    return { definitions: null, problems: [missingConfig(absolute)], warnings: [] };
  const found = {
    views: await findViewFiles(absolute),
    jobs: await findJobFiles(absolute),
    datasets: await findDatasetFiles(absolute),
    services: await findServiceFiles(absolute),
    tests: await findViewTestFiles(absolute),
  };
  const config = await loadFiles(absolute, [CONFIG_FILE], configFile);
  const written = await loadFiles(absolute, found.views.files, viewFile);
  const tables = config.drafts[0]?.sound.tables ?? {};
  const views = { ...written, drafts: written.drafts.map((draft) => withTable(draft, tables)) };
  const jobs = await loadFiles(absolute, found.jobs.files, jobFile);
  const datasets = await loadFiles(absolute, found.datasets.files, datasetFile);
  const services = await loadFiles(absolute, found.services.files, serviceFile);
  const tests = await loadFiles(absolute, found.tests.files, viewTestFile, keepsDigits);
  const queries =
    checkQueries === null
      ? NO_CHECKED_QUERIES
      : await checkedQueries(config.drafts[0]?.sound.sources, views.drafts, kinds, checkQueries);
  const conditions = await Promise.all(
    views.drafts.map(async (draft) => placed(draft, await conditionFindings(draft))),
  );
  const problems = sortProblems([
    ...queries.errors,
    ...found.views.problems,
    ...found.jobs.problems,
    ...found.datasets.problems,
    ...found.services.problems,
    ...found.tests.problems,
    ...[config, views, jobs, datasets, services, tests].flatMap((loaded) => loaded.problems),
    ...config.drafts.flatMap(({ yaml }) => configProblems(yaml)),
    ...config.drafts.flatMap(tableProblems),
    ...config.drafts.flatMap(({ yaml, sound }) =>
      sound.alerts === undefined ? [] : alertProblems(sound.alerts, yaml),
    ),
    ...views.drafts.flatMap((draft) => placed(draft, viewFindings(draft))),
    ...conditions.flat(),
    ...jobs.drafts.flatMap((draft) => placed(draft, jobFindings(draft.sound, now))),
    ...datasets.drafts.flatMap((draft) => placed(draft, datasetFindings(draft.sound))),
    ...(kinds.length === 0 ? [] : config.drafts.flatMap((draft) => schemeProblems(draft, views.drafts, kinds))),
    ...referenceProblems(
      config,
      found.views.problems.length === 0 ? views : { ...views, isComplete: false },
      jobs,
      datasets,
      services,
    ),
    ...(views.isComplete && found.views.problems.length === 0 ? viewTestProblems(tests.drafts, views.drafts) : []),
  ]);
  const warnings = sortProblems(queries.warnings);
  if (problems.length > 0) return { definitions: null, problems, warnings };
  return { definitions: assemble(absolute, { config, views, jobs, datasets, services, tests }), problems, warnings };
}

/** The problem with a folder that is not a project. */
export function missingConfig(folder: string): Problem {
  const help = 'pass the folder of your project with --project, or create a new project with `millrace init`';
  return fileProblem(CONFIG_FILE, `not found in ${folder}; ${help}`);
}

function placed(draft: Draft<unknown>, findings: readonly Finding[]): Problem[] {
  return findings.map(({ path: at, message, at: side, offset }) =>
    offset === undefined ? draft.yaml.problemAt(at, message, side) : draft.yaml.problemInText(at, offset, message),
  );
}

/** A missing name is only reported if every file that could define it has been read. */
function referenceProblems(
  config: LoadedFiles<ConfigFile>,
  views: LoadedFiles<ViewFile>,
  jobs: LoadedFiles<JobFile>,
  datasets: LoadedFiles<DatasetFile>,
  services: LoadedFiles<ServiceFile>,
): Problem[] {
  const sources = config.drafts[0]?.sound.sources;
  const isNamed = views.drafts.every(
    ({ sound, written }) => sound.name !== undefined && (sound.tags !== undefined || !written.has('tags')),
  );
  return [
    ...repeatedNames(views.drafts, 'view'),
    ...repeatedNames(jobs.drafts, 'job'),
    ...repeatedNames(datasets.drafts, 'dataset'),
    ...repeatedNames(services.drafts, 'service'),
    ...(views.isComplete && isNamed ? serviceProblems(services.drafts, views.drafts) : []),
    ...(sources === undefined ? [] : unknownSources(views.drafts, Object.keys(sources))),
    ...unknownTables(views.drafts, Object.keys(config.drafts[0]?.sound.tables ?? {})),
    ...(views.isComplete && isNamed ? unknownViews(jobs.drafts, views.drafts) : []),
    ...(views.isComplete && isNamed ? unknownAlertViews(config.drafts, views.drafts) : []),
    ...(views.isComplete && isNamed ? unknownTokenViews(config.drafts, views.drafts) : []),
    ...(views.isComplete && isNamed
      ? unknownInDatasets(datasets.drafts, views.drafts, sources === undefined ? undefined : Object.keys(sources))
      : []),
    ...neverLateViews(config.drafts, views.drafts),
    ...pushedInJobs(jobs.drafts, views.drafts),
    ...(views.isComplete && isNamed ? wrongOrder(views.drafts) : []),
  ];
}

type AllFiles = {
  readonly config: LoadedFiles<ConfigFile>;
  readonly views: LoadedFiles<ViewFile>;
  readonly jobs: LoadedFiles<JobFile>;
  readonly datasets: LoadedFiles<DatasetFile>;
  readonly services: LoadedFiles<ServiceFile>;
  readonly tests: LoadedFiles<ViewTestFile>;
};

function assemble(folder: string, { config, views, jobs, datasets, services, tests }: AllFiles): Definitions | null {
  const [project] = wholesOf(config);
  if (project === undefined) return null;
  const files = [
    ...wholesOf(views).map(({ whole, yaml }) => [`view:${whole.name}`, yaml.file] as const),
    ...wholesOf(jobs).map(({ whole, yaml }) => [`job:${whole.name}`, yaml.file] as const),
    ...wholesOf(datasets).map(({ whole, yaml }) => [`dataset:${whole.name}`, yaml.file] as const),
    ...wholesOf(services).map(({ whole, yaml }) => [`service:${whole.name}`, yaml.file] as const),
  ];
  return {
    folder,
    project: project.whole.project,
    config: parseConfig(project.whole, project.yaml),
    views: byName(wholesOf(views).map(({ whole }) => parseView(whole))),
    jobs: byName(wholesOf(jobs).map(({ whole }) => parseJob(whole))),
    datasets: byName(wholesOf(datasets).map(({ whole }) => parseDataset(whole))),
    services: byName(wholesOf(services).map(({ whole }) => parseService(whole))),
    tests: wholesOf(tests).map(({ whole, yaml }) => parseViewTest(yaml.file, whole)),
    files: Object.fromEntries(files),
  };
}

function wholesOf<Whole>({ drafts }: LoadedFiles<Whole>): { whole: Whole; yaml: Draft<Whole>['yaml'] }[] {
  return drafts.flatMap(({ whole, yaml }) => (whole === null ? [] : [{ whole, yaml }]));
}

function byName<Named extends { readonly name: string }>(all: readonly Named[]): Named[] {
  return [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
}
