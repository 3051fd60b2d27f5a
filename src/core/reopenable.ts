// A client that is opened when it is first needed, and again after a failure or when it is suspect.

export type Reopenable<T> = {
  /** The client. A failure to open it is not kept: the next call opens it again. */
  current(): Promise<T>;
  /** Lets the next call open it again. */
  forget(): void;
  /** The client if it is open; otherwise null. */
  known(): Promise<T | null>;
};

export function reopenable<T>(open: () => Promise<T>): Reopenable<T> {
  let opened: Promise<T> | null = null;
  return {
    current() {
      if (opened !== null) return opened;
      const opening = open();
      opened = opening;
      // The caller gets the error as well.
      opening.catch(() => {
        if (opened === opening) opened = null;
      });
      return opening;
    },
    forget() {
      opened = null;
    },
    known: () => opened?.catch(() => null) ?? Promise.resolve(null),
  };
}
