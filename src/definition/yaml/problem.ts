// Problems in definition files, as data. They are collected and reported together.

import { Failure } from '../../core/failure.ts';
import { joined, value } from '../../core/message.ts';
import { MESSAGE_CHARACTERS_MAX } from '../../core/message-length.ts';

export type Problem = {
  /** Relative to the project's folder, with forward slashes. */
  readonly file: string;
  /** 1-based; null for the whole file (it is missing or cannot be read). */
  readonly line: number | null;
  readonly column: number | null;
  /** The key: `features[0].type`; empty for the file itself. */
  readonly key: string;
  /** What was found, what was expected, and the nearest valid word. Never a credential. */
  readonly message: string;
};

/** From the top of the file to a key or an element. */
export type KeyPath = readonly (string | number)[];

/** `features[0].type`. */
export function formatKeyPath(path: KeyPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** `features/a.yaml:3:1: unknown key \`intervall\`; did you mean \`interval\`?` On one line, safe to print. */
export function formatProblem(problem: Problem): string {
  const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const line = `${place}: ${problem.message}`.replace(/\p{Cc}+/gu, ' ');
  return line.length > MESSAGE_CHARACTERS_MAX ? `${line.slice(0, MESSAGE_CHARACTERS_MAX - 1)}…` : line;
}

/** By file, then by line and column. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}

/** One failure with all problems, one per line. */
export function invalidDefinitions(problems: readonly Problem[]): Failure {
  const message = joined(
    problems.map((problem) => value(formatProblem(problem))),
    '\n',
  );
  return new Failure('DEFINITION_INVALID', message, { problems: problems.length });
}
