// What is wrong with a file of definitions, as data. Problems are collected, never thrown one by one.

import { Failure } from '../../core/failure.ts';

export type Problem = {
  /** Relative to the project's folder, with forward slashes. */
  readonly file: string;
  /** 1-based; null where the whole file is meant (it is missing, it cannot be read). */
  readonly line: number | null;
  readonly column: number | null;
  /** Where in the file: `features[0].type`; empty for the file itself. */
  readonly key: string;
  /** One sentence: what was found, what was expected, and the nearest right word. Never a credential. */
  readonly message: string;
};

const LINE_LENGTH_MAX = 500;

/** From the file's top to a key or an element. */
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
  return line.length > LINE_LENGTH_MAX ? `${line.slice(0, LINE_LENGTH_MAX)}…` : line;
}

/** By file, then by place in it. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}

/** The one failure that says all problems, one per line. */
export function invalidDefinitions(problems: readonly Problem[]): Failure {
  const message = problems.map(formatProblem).join('\n');
  return new Failure('DEFINITION_INVALID', message, { problems: problems.length });
}
