// Errors that end a reading early.

/** A step took longer than its limit. */
export class StepTimeout extends Error {
  override readonly name = 'StepTimeout';
}

/** The engine's process ended before it replied. `message` is the end of a sentence about it. */
export class EngineEnded extends Error {
  override readonly name = 'EngineEnded';
  readonly why: 'memory' | 'crash' | 'killed' | 'not started';

  constructor(why: EngineEnded['why'], message: string, cause?: unknown) {
    super(message, { cause });
    this.why = why;
  }
}

/** The rows ended early for an unknown reason. `message` is the end of a sentence about it. */
export class ReadInterrupted extends Error {
  override readonly name = 'ReadInterrupted';
}

/** The text is not one SELECT. `message` is the end of a sentence about it. */
export class NotOneSelect extends Error {
  override readonly name = 'NotOneSelect';
}

/** DuckDB's message, `Binder Error: …`; null for any other error. */
export function duckdbMessage(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const message = error.message.replace(/^Failed to [\w ]+: /, '');
  return /^[A-Z]\w*(?: \w+)* Error: /i.test(message) ? message : null;
}
