// What the code says while it works: an event and its facts. src/observe writes them; facts are never values or secrets.

export type LogFacts = Readonly<Record<string, string | number | boolean | null>>;

export type Log = {
  debug(event: string, facts?: LogFacts): void;
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
};

/** Says nothing. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
