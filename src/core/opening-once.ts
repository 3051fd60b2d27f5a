// Opens something on first use, once. A failed attempt is repeated on the next use.

export type OpeningOnce<T> = AsyncDisposable & { opened(): Promise<T> };

export function openingOnce<T extends AsyncDisposable>(open: () => Promise<T>): OpeningOnce<T> {
  let current: Promise<T> | null = null;
  const opened = () => {
    if (current !== null) return current;
    const opening = open();
    current = opening;
    opening.catch(() => {
      if (current === opening) current = null;
    });
    return opening;
  };
  return {
    opened,
    [Symbol.asyncDispose]: async () => {
      const last = await current?.catch(() => null);
      await last?.[Symbol.asyncDispose]();
    },
  };
}
