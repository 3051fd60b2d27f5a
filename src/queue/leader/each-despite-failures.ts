// Work on many things, where the failure of one must not block the others.

/** Does the work for all of them, one at a time; then throws the first error, if there was one. */
export async function eachDespiteFailures<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  for (const one of all) await work(one).catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}
