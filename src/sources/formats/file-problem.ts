// Problems of a whole file, as the end of a sentence that starts with its name.

import { Failure } from '../../core/failure.ts';
import { type Message, safe, text, textOf } from '../../core/message.ts';

/** `message` continues `sales.csv is broken: …`. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem';
  readonly parts: Message;

  constructor(problem: Message, options: ErrorOptions = {}) {
    super(textOf(problem), options);
    this.parts = problem;
  }
}

/** Runs `work` and turns a FileProblem into a Failure that names the file. @throws Failure FILE_BROKEN. */
export async function orBrokenFile<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isOfSystem(error)) {
      throw new Failure('FILE_BROKEN', text`${safe(name)} cannot be read (${error.message}).`, { file: name }, error);
    }
    if (!(error instanceof FileProblem)) throw error;
    throw brokenFile(name, error.parts, error.cause);
  }
}

export function brokenFile(name: string, problem: Message, cause?: unknown): Failure {
  return new Failure('FILE_BROKEN', text`${safe(name)} is broken: ${problem}.`, { file: name }, cause);
}

/** Whether the operating system reported the error. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
