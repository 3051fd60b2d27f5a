// Rules of tests: the view exists, and the span is whole intervals of it.

import { parseDuration } from '../../core/duration.ts';
import { parseInstant } from '../../core/instant.ts';
import { isOnGrid } from '../../core/interval.ts';
import type { OnFailure } from '../check.ts';
import { type ExpectedCheck, namesCheck } from '../expected-check.ts';
import type { ViewFile } from '../files/view-file.ts';
import type { ViewTestFile } from '../files/view-test-file.ts';
import { parseCheck } from '../parse/parse-checks.ts';
import type { Draft } from '../yaml/load-files.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { formatKeyPath, type KeyPath, type Problem } from '../yaml/problem.ts';

export function viewTestProblems(tests: readonly Draft<ViewTestFile>[], views: readonly Draft<ViewFile>[]): Problem[] {
  const known = new Map(views.flatMap(({ sound }) => (sound.name === undefined ? [] : [[sound.name, sound] as const])));
  return tests.flatMap((test) => [...viewProblems(test, known), ...roundedNumbers(test)]);
}

/** Rows must be as written: a number that is rounded when it is read would test another value. */
function roundedNumbers({ yaml }: Draft<ViewTestFile>): Problem[] {
  return [['given'], ['expect']].flatMap((path) =>
    yaml.roundedNumbers(
      path,
      (written) =>
        `${written} has more digits than YAML numbers keep; write it in quotes and, under \`given\`, set the type of its column in \`types\` (without quotes if that is \`json\` or \`jsonb\`)`,
    ),
  );
}

type Views = ReadonlyMap<string, Draft<ViewFile>['sound']>;

function viewProblems({ yaml, sound, written }: Draft<ViewTestFile>, known: Views): Problem[] {
  if (sound.view === undefined) return [];
  const view = known.get(sound.view);
  if (view === undefined) {
    const hint = didYouMean(sound.view, [...known.keys()]);
    return [yaml.problemAt(['view'], `\`view\`: there is no view '${sound.view}'${hint}`)];
  }
  const untested = untestedWrong(view);
  if (untested !== null) return [yaml.problemAt(['view'], `\`view\`: '${sound.view}' ${untested}`)];
  const [place, wrong] = written.has('span') ? [['span'], spanWrong(sound.span, view)] : [[], spanMissing(view)];
  return [
    ...invalidDates(sound).map(([path, message]) => yaml.problemAt(path, message)),
    ...(wrong === null ? [] : [yaml.problemAt(place, `\`span\`${wrong}`)]),
    ...(sound.expect?.checks ?? []).flatMap((expected, index) =>
      checkWrong(expected, view).map((message) =>
        yaml.problemAt(['expect', 'checks', index], `\`expect.checks[${index}]\`: ${message}`),
      ),
    ),
  ];
}

/** Why a view cannot be tested; null if it can. */
function untestedWrong({ kind, keys }: Draft<ViewFile>['sound']): string | null {
  if (kind === 'pushed') return 'is a pushed view: programs push its rows, so it has no query to test';
  if (keys === undefined) return null;
  return 'reads Redis keys, which cannot be tested with given rows; use `millrace preview`';
}

/** Dates of the right form that are not in the calendar. */
function invalidDates({ span = [], now }: Draft<ViewTestFile>['sound']): [KeyPath, string][] {
  const dates = [
    ...span.map((date, index) => [['span', index], date] as const),
    ...(now === undefined ? [] : [[['now'], now] as const]),
  ];
  return dates
    .filter(([, date]) => parseInstant(date) === null)
    .map(([path, date]) => [path, `\`${formatKeyPath(path)}\`: '${date}' is not a valid date`]);
}

/** Any length: it decides only which intervals are compared. */
const UNIT_MS = 1;

function checkWrong(expected: ExpectedCheck, { checks = [] }: Draft<ViewFile>['sound']): string[] {
  const check = checks.map((file) => parseCheck(file, UNIT_MS)).find((one) => namesCheck(expected, one));
  if (check === undefined) {
    return [
      'the view has no such check; expected one of its `row`, `matches`, `unique` or `entities` checks, as written in the view',
    ];
  }
  const results = RESULTS[check.onFailure];
  if (results === null) return ['this check refuses rows: list them under `refused`, with `reason: check_failed`'];
  if (results.includes(expected.result)) return [];
  return [`expected \`result: ${results.join('` or `')}\`, because the check has \`on_failure: ${check.onFailure}\``];
}

const RESULTS: Readonly<Record<OnFailure, readonly ExpectedCheck['result'][] | null>> = {
  fail: ['passed', 'failed'],
  warn: ['passed', 'warned'],
  refuse: null,
};

function spanMissing({ kind }: Draft<ViewFile>['sound']): string | null {
  if (kind === 'latest') return null;
  return ' is missing; expected the start and the end of the time to run, such as [2026-01-02, 2026-01-03]';
}

function spanWrong(span: ViewTestFile['span'], { kind, interval }: Draft<ViewFile>['sound']): string | null {
  if (kind === 'latest') return ': a view of kind latest has no intervals; remove it';
  const [start, end] = (span ?? []).map(parseInstant);
  if (span !== undefined && span.length !== 2) return ': expected a start and an end';
  const unitMs = parseDuration(interval ?? '');
  if (start == null || end == null || unitMs === null) return null;
  if (start >= end) return ': expected the start to be before the end';
  const isWhole = isOnGrid(start, unitMs) && isOnGrid(end, unitMs);
  return isWhole ? null : `: expected whole intervals of ${interval}, because the view has \`interval: ${interval}\``;
}
