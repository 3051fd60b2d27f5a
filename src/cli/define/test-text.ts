// Results of tests as text, JSON and JUnit XML.

import { type Message, safe, text, textOf } from '../../core/message.ts';
import { counted } from '../../presentation/format.ts';
import type { CheckOutcome } from '../../quality/outcome.ts';
import { checkName, sentenceWithRow } from '../../quality/sentence.ts';
import type { CanonicalRow, RowDifference } from '../../view-tests/difference.ts';
import type { TestOutcome } from '../../view-tests/run-test.ts';
import { type CheckDifference, resultOf } from '../../view-tests/test-checks.ts';
import type { Terminal } from '../output/terminal.ts';
import type { TestResult } from './test-run.ts';

const DIFFERENCES_MAX = 20;

export function printResult(terminal: Terminal, result: TestResult): void {
  const { test, passed, failure, outcome } = result;
  const place = `  ${test.file}  ${test.view}`;
  if (passed) {
    terminal.line({ style: 'green', text: 'pass' }, place);
    return;
  }
  terminal.line({ style: 'red', text: 'FAIL' }, place);
  if (failure !== null) terminal.line('  ', failure.parts);
  printDifferences(terminal, 'rows', outcome.rows);
  printDifferences(terminal, 'refused rows', outcome.refused);
  printChecks(terminal, outcome);
}

function printChecks(terminal: Terminal, { checks, broken }: TestOutcome): void {
  if (checks.length > 0) terminal.line('  checks:');
  for (const difference of checks) {
    terminal.line({ style: 'red', text: text`    - ${expectedText(difference)}` });
    terminal.line({ style: 'green', text: text`    + ${outcomeText(difference.actual)}` });
  }
  for (const message of broken) terminal.line({ style: 'red', text: '  A run would fail: ' }, message);
}

/** `failed: row "amount > 0", 2 rows`; a check that a test does not name must pass. */
function expectedText({ expected, actual: { check } }: CheckDifference): Message {
  const rows = expected?.rows === undefined ? '' : `, ${counted(expected.rows, 'row')}`;
  return text`${safe(expected?.result ?? 'passed')}: ${checkName(check)}${safe(rows)}`;
}

function outcomeText(outcome: CheckOutcome): Message {
  return text`${safe(resultOf(outcome))}: ${sentenceWithRow(outcome)}`;
}

function printDifferences(terminal: Terminal, what: string, differences: readonly RowDifference[]): void {
  if (differences.length === 0) return;
  terminal.line(`  ${what}:`);
  for (const line of differences.slice(0, DIFFERENCES_MAX).flatMap(differenceLines)) {
    terminal.line({ style: line.startsWith('+') ? 'green' : 'red', text: `    ${line}` });
  }
  const rest = differences.length - DIFFERENCES_MAX;
  if (rest > 0) terminal.line({ style: 'dim', text: `    and ${counted(rest, 'more difference')}` });
}

/** `-` is expected, `+` was found. */
function differenceLines({ expected, actual }: RowDifference): string[] {
  return [
    ...(expected === null ? [] : [`- ${rowText(expected)}`]),
    ...(actual === null ? [] : [`+ ${rowText(actual, expected)}`]),
  ];
}

/** Of an actual row, the columns that are expected. */
function rowText(row: CanonicalRow, expected: CanonicalRow | null = null): string {
  const names = Object.keys(expected ?? row);
  return names.map((name) => `${name}: ${row[name] ?? 'null'}`).join(', ');
}

export function printSummary(terminal: Terminal, results: readonly TestResult[]): void {
  const failed = results.filter(({ passed }) => !passed).length;
  const summary = `${counted(results.length - failed, 'test')} passed, ${failed} failed`;
  terminal.line({ style: failed === 0 ? 'green' : 'red', text: summary });
}

export function resultJson(results: readonly TestResult[]): object {
  return {
    passed: results.filter(({ passed }) => passed).length,
    failed: results.filter(({ passed }) => !passed).length,
    tests: results.map(({ test, passed, outcome, failure, ms }) => ({
      file: test.file,
      view: test.view,
      passed,
      error: failure === null ? null : { code: failure.code, message: failure.message },
      rows: outcome.rows,
      refused: outcome.refused,
      checks: outcome.checks.map(({ expected, actual }) => ({ expected, ...actual, result: resultOf(actual) })),
      broken: outcome.broken.map(textOf),
      ms,
    })),
  };
}

/** https://github.com/testmoapp/junitxml: what CI servers read. */
export function junitText(results: readonly TestResult[]): string {
  const failed = results.filter(({ passed }) => !passed).length;
  const cases = results.map((result) => {
    const { test, passed, ms } = result;
    const head = `  <testcase classname=${attribute(test.view)} name=${attribute(test.file)} time="${ms / 1_000}"`;
    return passed ? `${head}/>` : `${head}>\n    <failure>${escaped(failureText(result))}</failure>\n  </testcase>`;
  });
  const head = `<testsuite name="millrace" tests="${results.length}" failures="${failed}">`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...cases, '</testsuite>', ''].join('\n');
}

function failureText({ failure, outcome }: TestResult): string {
  if (failure !== null) return textOf(failure.parts);
  const checks = outcome.checks.flatMap((difference) => [
    `- ${textOf(expectedText(difference))}`,
    `+ ${textOf(outcomeText(difference.actual))}`,
  ]);
  const rows = [...outcome.rows, ...outcome.refused].flatMap(differenceLines);
  return [...rows, ...checks, ...outcome.broken.map(textOf)].join('\n');
}

function attribute(value: string): string {
  return `"${escaped(value)}"`;
}

/** XML 1.0 has no control characters. */
function escaped(value: string): string {
  const known: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  const visible = value.replace(/(?![\n\t])\p{Cc}|\p{Cs}/gu, '\ufffd');
  return visible.replace(/[&<>"]/g, (character) => known[character] ?? '');
}
