// millrace test: runs the tests of views on private servers.

import { Failure } from '../../core/failure.ts';
import { command, text } from '../../core/message.ts';
import { type Definitions, loadDefinitions } from '../../definition/load.ts';
import type { Fixtures } from '../../view-tests/open-fixtures.ts';
import { addCommand, type Cli, type CommonOptions, end, instantOption, wholeNumber } from '../command.ts';
import { DONE, ERROR, type ExitCode } from '../exit.ts';
import { definitionsChanged } from '../operate/watch-definitions.ts';
import { reportError } from '../output/report-error.ts';
import { writeOutput } from '../output/write-file.ts';
import { stopOnSignals } from '../signals.ts';
import { checkerOfQueries, sourceKinds } from '../source-kinds.ts';
import type { TestOptions } from './test-options.ts';
import { recordTest } from './test-record.ts';
import { performTest, selectTests, type TestResult } from './test-run.ts';
import { junitText, printResult, printSummary, resultJson } from './test-text.ts';

export function addTest(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'test [pattern]',
    summary: 'Run view tests; needs no project servers',
    notes: [
      'Runs each test in tests/**/*.yaml whose file or view name contains the pattern,',
      'on a private database. The exit code is 1 if a test fails.',
    ],
    examples: ['test', 'test customer_orders --watch', 'test --record customer_orders --from 2026-01-02'],
  })
    .option('--watch', 'Run again when a definition changes', false)
    .option('--junit <file>', 'Write the results as JUnit XML to this file')
    .option('--record <view>', 'Write a test with rows from the source')
    .option('--from <time>', 'With --record: start at this time', instantOption)
    .option('--to <time>', 'With --record: stop before this time', instantOption)
    .option('--rows <n>', 'With --record: at most this many rows of each table', wholeNumber(1, 1_000), 20)
    .action((pattern: string | undefined, options: TestOptions) => end(cli, test(cli, pattern ?? '', options)));
}

async function test(cli: Cli, pattern: string, options: TestOptions): Promise<ExitCode> {
  if (options.record !== undefined) return await recordTest(cli, options.record, options);
  const { openFixtures } = await import('../../view-tests/open-fixtures.ts');
  using stop = stopOnSignals();
  await using fixtures = openFixtures(cli.clock);
  for (;;) {
    const over = new AbortController();
    // Watched before the files are read, so that no save is missed.
    const change = options.watch
      ? definitionsChanged(options.project, cli.clock, AbortSignal.any([stop.signal, over.signal]))
      : null;
    const code = await testOnce(cli, fixtures, pattern, options, stop.signal);
    if (change === null || stop.signal.aborted) return code;
    cli.terminal.line({ style: 'dim', text: 'Waiting for changes.' });
    await change.catch(() => undefined);
    over.abort();
    if (stop.signal.aborted) return code;
  }
}

async function testOnce(
  cli: Cli,
  fixtures: Fixtures,
  pattern: string,
  options: TestOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  try {
    const definitions = await loadTested(cli, options);
    const results = await resultsOf(cli, fixtures, { definitions, pattern, options, signal });
    if (options.junit !== undefined) await writeOutput('--junit', options.junit, junitText(results));
    if (options.json) cli.terminal.json(resultJson(results));
    else printSummary(cli.terminal, results);
    return results.every(({ passed }) => passed) ? DONE : ERROR;
  } catch (thrown) {
    // While watching, an unfinished file is fixed by its next save.
    if (!options.watch || !(thrown instanceof Failure) || signal.aborted) throw thrown;
    return reportError(cli.terminal, thrown, options);
  }
}

export async function loadTested({ clock }: Cli, { project }: CommonOptions): Promise<Definitions> {
  return loadDefinitions(project, clock.now(), await sourceKinds(), await checkerOfQueries(clock));
}

type Tested = {
  readonly definitions: Definitions;
  readonly pattern: string;
  readonly options: TestOptions;
  readonly signal: AbortSignal;
};

async function resultsOf(
  cli: Cli,
  fixtures: Fixtures,
  { definitions, pattern, options, signal }: Tested,
): Promise<readonly TestResult[]> {
  const tests = selectTests(definitions, pattern);
  if (tests.length === 0) throw noTests(pattern);
  const results: TestResult[] = [];
  for (const one of tests) {
    const result = await performTest(cli.clock, fixtures, definitions, one, signal);
    // Without --watch, the exit code and the JUnit file would be those of an incomplete run.
    if (signal.aborted && !options.watch) throw signal.reason;
    if (signal.aborted) break;
    results.push(result);
    if (!options.json) printResult(cli.terminal, result);
  }
  return results;
}

function noTests(pattern: string): Failure {
  const record = command('millrace test --record VIEW');
  if (pattern === '')
    return new Failure(
      'NOT_FOUND',
      text`The project has no tests. Write one in tests/, or record one with "${record}".`,
    );
  return new Failure('NOT_FOUND', text`No tests match "${pattern}".`);
}
