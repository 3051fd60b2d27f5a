// Problems of a whole file, as the end of a sentence that starts with its name.

import { Failure } from '../../core/failure.ts';
import { type Message, safe, text, textOf } from '../../core/message.ts';

type ProblemOptions = ErrorOptions & {
  /** Whether the file is not damaged, but of a kind that is not read. */
  readonly isUnsupported?: true;
};

/** `message` continues `sales.csv is broken: …`, or `sales.csv cannot be read: …`. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem';
  readonly parts: Message;
  readonly isUnsupported: boolean;

  constructor(problem: Message, options: ProblemOptions = {}) {
    super(textOf(problem), options);
    this.parts = problem;
    this.isUnsupported = options.isUnsupported === true;
  }
}

/** Runs `work` and turns a FileProblem into a Failure that names the file. @throws Failure FILE_BROKEN, FILE_UNSUPPORTED. */
export async function orBrokenFile<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isOfSystem(error)) {
      throw new Failure('FILE_BROKEN', text`${safe(name)} cannot be read (${error.message}).`, { file: name }, error);
    }
    if (!(error instanceof FileProblem)) throw error;
    if (!error.isUnsupported) throw brokenFile(name, error.parts, error.cause);
    throw new Failure('FILE_UNSUPPORTED', text`${safe(name)} cannot be read: ${error.parts}.`, { file: name });
  }
}

export function brokenFile(name: string, problem: Message, cause?: unknown): Failure {
  return new Failure('FILE_BROKEN', text`${safe(name)} is broken: ${problem}.`, { file: name }, cause);
}

/** Whether the operating system reported the error. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}
