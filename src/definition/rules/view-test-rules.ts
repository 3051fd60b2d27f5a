// Rules of tests: the view exists, and the span is whole intervals of it.

import { parseDuration } from '../../core/duration.ts';
import { parseInstant } from '../../core/instant.ts';
import { isOnGrid } from '../../core/interval.ts';
import type { ViewFile } from '../files/view-file.ts';
import type { ViewTestFile } from '../files/view-test-file.ts';
import type { Draft } from '../yaml/load-files.ts';
import { didYouMean } from '../yaml/nearest.ts';
import type { Problem } from '../yaml/problem.ts';

export function viewTestProblems(tests: readonly Draft<ViewTestFile>[], views: readonly Draft<ViewFile>[]): Problem[] {
  const known = new Map(views.flatMap(({ sound }) => (sound.name === undefined ? [] : [[sound.name, sound] as const])));
  return tests.flatMap(({ yaml, sound, written }) => {
    if (sound.view === undefined) return [];
    const view = known.get(sound.view);
    if (view === undefined) {
      const hint = didYouMean(sound.view, [...known.keys()]);
      return [yaml.problemAt(['view'], `\`view\`: there is no view '${sound.view}'${hint}`)];
    }
    const wrong = spanWrong(sound.span, view, written.has('span'));
    return wrong === null ? [] : [yaml.problemAt(written.has('span') ? ['span'] : [], `\`span\`${wrong}`)];
  });
}

function spanWrong(
  span: ViewTestFile['span'],
  { kind, interval }: Draft<ViewFile>['sound'],
  isWritten: boolean,
): string | null {
  if (kind === 'latest') return isWritten ? ': a view of kind latest has no intervals; remove it' : null;
  if (!isWritten)
    return ' is missing; expected the start and the end of the time to run, such as [2026-01-02, 2026-01-03]';
  const [start, end] = (span ?? []).map(parseInstant);
  if (span !== undefined && span.length !== 2) return ': expected a start and an end';
  const unitMs = parseDuration(interval ?? '');
  if (start == null || end == null || unitMs === null) return null;
  if (start >= end) return ': expected the start before the end';
  const isWhole = isOnGrid(start, unitMs) && isOnGrid(end, unitMs);
  return isWhole ? null : `: expected whole intervals of ${interval}, because the view has \`interval: ${interval}\``;
}
