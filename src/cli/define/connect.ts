// validate --connect and plan --connect: each query is checked against its source.

import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { interval } from '../../core/interval.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { KeyPath, Problem } from '../../definition/yaml/problem.ts';
import { readBytes } from '../../definition/yaml/project-files.ts';
import { isMap, readYaml } from '../../definition/yaml/yaml-file.ts';
import { unitBefore } from '../../preview/preview.ts';
import type { ConnectFinding } from '../../sources/connect-check.ts';
import type { DeclaredPlace } from '../../sources/declared-finding.ts';
import type { Cli } from '../command.ts';
import { ERROR, type ExitCode, REFUSED } from '../exit.ts';
import type { OpenProject } from '../open.ts';
import { stopOnSignals } from '../signals.ts';
import { sourceDialects } from './source-dialect.ts';

export type ConnectResult = {
  readonly problems: readonly Problem[];
  /** What could not be checked: a file is missing, or the source is too slow. */
  readonly unchecked: readonly Problem[];
  /** Null if nothing is wrong. */
  readonly exitCode: ExitCode | null;
};

/** Checks all views, one at a time. */
export async function connectProblems(cli: Pick<Cli, 'clock'>, open: OpenProject): Promise<ConnectResult> {
  const { connectFinding } = await import('../../sources/connect-check.ts');
  using stop = stopOnSignals();
  const problems: Problem[] = [];
  const unchecked: Problem[] = [];
  let isRefused = false;
  const dialectOf = await sourceDialects(open.project);
  for (const view of open.project.views.filter(hasQuery)) {
    const source = sourceOf(open, view);
    const span = spanOf(view, cli.clock.now());
    // A source with an invalid URL has a failure.
    const dialect = dialectOf(view.source) ?? 'postgres';
    const finding =
      source instanceof Failure
        ? { failure: source, ...NOWHERE }
        : await connectFinding({ source, view, dialect, span, signal: stop.signal });
    if (finding === null) continue;
    const problem = await placed(open, view, finding);
    const { code } = finding.failure;
    if (code === 'FILES_MISSING' || finding.isUnchecked) {
      unchecked.push(problem);
      continue;
    }
    problems.push(problem);
    isRefused ||= code === 'SOURCE_QUERY' || code === 'SOURCE_SHAPE' || code === 'DEFINITION_INVALID';
  }
  return { problems, unchecked, exitCode: problems.length === 0 ? null : isRefused ? REFUSED : ERROR };
}

const NOWHERE = { at: null, nearest: null, place: null, isUnchecked: false } as const;

function hasQuery({ query, files, declared }: FeatureView): boolean {
  return query !== null || files !== null || declared !== undefined;
}

function sourceOf({ app }: OpenProject, view: FeatureView) {
  try {
    return app.sourceOf(view.source);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** The newest settled interval, else the first. */
function spanOf(view: FeatureView, now: EpochMs) {
  if (view.kind === 'latest') return null;
  return unitBefore(view, now) ?? interval(view.start, epochMsOf(view.start + view.unitMs));
}

async function placed(
  { project: { folder, files } }: OpenProject,
  view: FeatureView,
  { failure, at, nearest, place }: ConnectFinding,
): Promise<Problem> {
  const file = files[`view:${view.name}`] ?? '';
  const hint = nearest === null ? '' : ` Did you mean \`${nearest}\`?`;
  const message = `${failure.code}: ${failure.message}${hint}`;
  const bytes = await readBytes(folder, file);
  const yaml = bytes instanceof Uint8Array ? readYaml(file, bytes).yaml : null;
  if (yaml === null) return { file, line: null, column: null, key: '', message };
  if (place !== null) return yaml.problemAt(pathOf(yaml.value, place), message);
  const key = ['query', 'columns', 'from', 'source'].find((each) => each in yaml.value) ?? 'name';
  return at === null || key !== 'query' ? yaml.problemAt([key], message) : yaml.problemInText(['query'], at, message);
}

/** A feature with several windows has one name in the file: `logins` for `logins_1h`. */
function pathOf({ features }: Readonly<Record<string, unknown>>, { feature, key }: DeclaredPlace): KeyPath {
  if (feature === null) return ['from', key];
  const written = Array.isArray(features) ? features : [];
  const index = written.findIndex((one: unknown) => {
    if (!isMap(one)) return false;
    const { name, window } = one;
    if (!Array.isArray(window)) return name === feature;
    return window.some((each: unknown) => `${String(name)}_${String(each)}` === feature);
  });
  return ['features', index, key];
}
