// Limits how many readings use a server at the same time.

export type Places = ReturnType<typeof createPlaces>;

/** At most `max` holders at a time; others wait in order. */
export function createPlaces(max: number) {
  let free = max;
  const waiting: (() => void)[] = [];
  return {
    /** Rejects with the reason of the signal. */
    async take(signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const leave = () => {
          waiting.splice(waiting.indexOf(enter), 1);
          reject(signal.reason);
        };
        const enter = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        waiting.push(enter);
        signal.addEventListener('abort', leave, { once: true });
      });
    },
    give(): void {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}
