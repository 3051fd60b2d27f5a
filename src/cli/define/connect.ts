// validate --connect and plan --connect: each query is described at its real source.

import { Failure } from '../../core/failure.ts';
import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { interval } from '../../core/interval.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Problem } from '../../definition/yaml/problem.ts';
import { readBytes } from '../../definition/yaml/project-files.ts';
import { readYaml } from '../../definition/yaml/yaml-file.ts';
import { unitBefore } from '../../preview/preview.ts';
import type { ConnectFinding } from '../../sources/connect-check.ts';
import type { Cli } from '../command.ts';
import { ERROR, type ExitCode, REFUSED } from '../exit.ts';
import type { OpenProject } from '../open.ts';
import { stopOnSignals } from '../signals.ts';

export type ConnectResult = {
  readonly problems: readonly Problem[];
  /** What could not be checked, because a file is missing. */
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
  for (const view of open.project.views.filter(hasQuery)) {
    const source = sourceOf(open, view);
    const span = spanOf(view, cli.clock.now());
    const finding =
      source instanceof Failure
        ? { failure: source, at: null, nearest: null }
        : await connectFinding({ source, view, span, signal: stop.signal });
    if (finding === null) continue;
    const problem = await placed(open, view, finding);
    const { code } = finding.failure;
    (code === 'FILES_MISSING' ? unchecked : problems).push(problem);
    isRefused ||= code === 'SOURCE_QUERY' || code === 'SOURCE_SHAPE' || code === 'DEFINITION_INVALID';
  }
  return { problems, unchecked, exitCode: problems.length === 0 ? null : isRefused ? REFUSED : ERROR };
}

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
  { failure, at, nearest }: ConnectFinding,
): Promise<Problem> {
  const file = files[`view:${view.name}`] ?? '';
  const hint = nearest === null ? '' : ` Did you mean \`${nearest}\`?`;
  const message = `${failure.code}: ${failure.message}${hint}`;
  const bytes = await readBytes(folder, file);
  const yaml = bytes instanceof Uint8Array ? readYaml(file, bytes).yaml : null;
  if (yaml === null) return { file, line: null, column: null, key: '', message };
  const key = ['query', 'columns', 'from', 'source'].find((each) => each in yaml.value) ?? 'name';
  return at === null || key !== 'query' ? yaml.problemAt([key], message) : yaml.problemInText(['query'], at, message);
}
