// Log events and their facts. src/observe writes them. Facts are never values or secrets.

export type LogFacts = Readonly<Record<string, string | number | boolean | null>>;

export type Log = {
  debug(event: string, facts?: LogFacts): void;
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
};

/** Discards everything. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
