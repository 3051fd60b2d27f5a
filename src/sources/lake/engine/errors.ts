// How a reading by an engine ends early.

/** A step took longer than its limit. */
export class StepTimeout extends Error {
  override readonly name = 'StepTimeout';
}

/** The engine's process ended before it had answered. `message` is the end of a sentence about it. */
export class EngineEnded extends Error {
  override readonly name = 'EngineEnded';
  readonly why: 'memory' | 'crash' | 'killed' | 'not started';

  constructor(why: EngineEnded['why'], message: string, cause?: unknown) {
    super(message, { cause });
    this.why = why;
  }
}

/** Rows came, and then none, before their end; why is not known. `message` is the end of a sentence about it. */
export class ReadInterrupted extends Error {
  override readonly name = 'BrokenOff';
}

/** The text is not one SELECT. `message` is the end of a sentence about it. */
export class NotOneSelect extends Error {
  override readonly name = 'NotOneSelect';
}

/** DuckDB's own message, `Binder Error: …`; null for an error that is not DuckDB's. */
export function duckdbMessage(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const message = error.message.replace(/^Failed to [\w ]+: /, '');
  return /^[A-Z]\w*(?: \w+)* Error: /i.test(message) ? message : null;
}
