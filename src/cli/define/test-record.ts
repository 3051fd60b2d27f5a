// millrace test --record: writes a test with rows from the source.

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../core/failure.ts';
import { epochMsOf } from '../../core/instant.ts';
import { floorToUnit, type Interval, interval } from '../../core/interval.ts';
import { safe, text } from '../../core/message.ts';
import { keyOf } from '../../definition/entity.ts';
import { type ExpectedCheck, keysOf } from '../../definition/expected-check.ts';
import type { Definitions } from '../../definition/load.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { ViewTest } from '../../definition/view-test.ts';
import { viewTestText } from '../../definition/view-test-text.ts';
import { entryOf } from '../../feature-types/index.ts';
import { requireKnownYears } from '../../operations/ranges.ts';
import { counted } from '../../presentation/format.ts';
import type { CheckOutcome } from '../../quality/outcome.ts';
import type { TestReading } from '../../view-tests/run-test.ts';
import { isTested, resultOf, worstOutcomes } from '../../view-tests/test-checks.ts';
import type { Cli } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireDefined } from '../open.ts';
import { stopOnSignals } from '../signals.ts';
import type { TestOptions } from './test-options.ts';
import { readFixture, testedDialect } from './test-run.ts';

/** The times in files have no fractions of a second. */
const SECOND_MS = 1_000;

/** The expected rows are those that the view's query returns over the recorded ones. */
export async function recordTest(cli: Cli, name: string, options: TestOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options, { queries: 'checked' });
  const view = requireDefined(open.defined, [name])[0]?.view;
  if (view === undefined) throw new RangeError('a required view was not returned');
  if (view.kind === 'pushed') throw pushedView(name);
  if (view.redacted) throw redactedView(name);
  const span = view.kind === 'latest' ? null : recordedSpan(view, options);
  const { recordGiven } = await import('../../view-tests/record.ts');
  const { openFixtures } = await import('../../view-tests/open-fixtures.ts');
  using stop = stopOnSignals();
  const source = open.app.sourceOf(view.source);
  const dialect = await testedDialect(open.project, view);
  const given = await recordGiven({ source, view, dialect, span, rowsMax: options.rows, signal: stop.signal });
  const asked: ViewTest = {
    file: '',
    view: name,
    description: '',
    now: view.kind === 'latest' ? floorToUnit(cli.clock.now(), SECOND_MS) : null,
    ...given,
    span,
    expect: { rows: null, refused: [], checks: [] },
  };
  await using fixtures = openFixtures(cli.clock);
  const found = await readFixture(cli.clock, fixtures, open.project, { view, test: asked, signal: stop.signal });
  const test = { ...asked, expect: expected(view, found) };
  const file = await save(open.project, test);
  const counts = `${counted(test.expect.rows.length, 'row')}, ${counted(test.expect.refused.length, 'refused row')}`;
  if (options.json) cli.terminal.json({ file, rows: test.expect.rows.length, refused: test.expect.refused.length });
  else cli.terminal.line({ style: 'green', text: 'wrote' }, `  ${file}: ${counts}`);
  return DONE;
}

function expected(view: FeatureView, { rows, refused, checks }: TestReading) {
  const { features } = view;
  const numbers = new Set(features.filter(({ type }) => entryOf(type).arithmetic !== null).map(({ name }) => name));
  const valueIn = (name: string, value: string | null) =>
    value !== null && numbers.has(name) && String(Number(value)) === value ? Number(value) : value;
  return {
    rows: rows.map(({ tie_break: _, entity_id: entityId, ...row }) =>
      Object.fromEntries(
        Object.entries({ ...keyOf(view, entityId ?? ''), ...row }).map(([name, value]) => [name, valueIn(name, value)]),
      ),
    ),
    refused: refused.map(({ reason, row }) => ({ reason, ...row })),
    checks: worstOutcomes(checks).flatMap(recordedCheck),
  };
}

/** A check that the recorded rows fail. Few rows have few entities, so limits of these are not recorded. */
function recordedCheck(outcome: CheckOutcome): ExpectedCheck[] {
  const { check, facts, state } = outcome;
  if (state !== 'broken' || facts.kind !== 'rows' || !isTested(check)) return [];
  return [{ ...keysOf(check), result: resultOf(outcome), rows: facts.broken }];
}

/** Whole intervals. @throws Failure ARGUMENT_INVALID */
function recordedSpan({ unitMs }: FeatureView, { from, to }: TestOptions): Interval {
  if (from === undefined) throw new Failure('ARGUMENT_INVALID', text`Specify the time to record with --from.`);
  const start = floorToUnit(from, unitMs);
  const end = floorToUnit(epochMsOf((to ?? start + unitMs) + unitMs - 1), unitMs);
  if (end <= start) throw new Failure('ARGUMENT_INVALID', text`--from must be before --to.`);
  return requireKnownYears(interval(start, end));
}

async function save({ folder }: Definitions, test: ViewTest): Promise<string> {
  await mkdir(join(folder, 'tests'), { recursive: true });
  const names = [test.view, ...Array.from({ length: 1_000 }, (_, index) => `${test.view}_${index + 2}`)];
  const free = names.find((name) => !existsSync(join(folder, 'tests', `${name}.yaml`))) ?? test.view;
  await writeFile(join(folder, 'tests', `${free}.yaml`), viewTestText(test));
  return `tests/${free}.yaml`;
}

function redactedView(name: string): Failure {
  const what = text`View ${safe(name)} is redacted, so its rows cannot be recorded. Write the test by hand, with made-up values.`;
  return new Failure('ARGUMENT_INVALID', what);
}

function pushedView(name: string): Failure {
  const what = text`The rows of ${safe(name)} are pushed by other programs (kind: pushed), so there is no query to test.`;
  return new Failure('ARGUMENT_INVALID', what);
}
