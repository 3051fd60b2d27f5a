// How a command ended, as the number that scripts see.

export const DONE = 0;
/** Nothing came of it: an error, or a question that nobody said yes to. */
export const ERROR = 1;
/** Some of what was asked was done, and some was not, or waits and will be tried again. */
export const PARTLY = 2;
/** The definitions or the arguments are wrong, they name what there is not, or a question has to be answered first; nothing was done. */
export const REFUSED = 3;
/** `plan --check` found something to apply. */
export const TO_APPLY = 4;

export type ExitCode = typeof DONE | typeof ERROR | typeof PARTLY | typeof REFUSED | typeof TO_APPLY;

/** 0 when all runs that were asked for are done, 1 when none is and none waits for another try, else 2. */
export function exitCodeFor({ asked, done, waiting }: { asked: number; done: number; waiting: number }): ExitCode {
  if (done === asked) return DONE;
  return done > 0 || waiting > 0 ? PARTLY : ERROR;
}
