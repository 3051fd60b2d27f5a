// Results of tests as text, JSON and JUnit XML.

import { textOf } from '../../core/message.ts';
import { counted } from '../../presentation/format.ts';
import type { CanonicalRow, RowDifference } from '../../view-tests/difference.ts';
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
  const text = `${counted(results.length - failed, 'test')} passed, ${failed} failed`;
  terminal.line({ style: failed === 0 ? 'green' : 'red', text });
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
  return [...outcome.rows, ...outcome.refused].flatMap(differenceLines).join('\n');
}

function attribute(text: string): string {
  return `"${escaped(text)}"`;
}

/** XML 1.0 has no control characters. */
function escaped(text: string): string {
  const known: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  const visible = text.replace(/(?![\n\t])\p{Cc}|\p{Cs}/gu, '\ufffd');
  return visible.replace(/[&<>"]/g, (character) => known[character] ?? '');
}
