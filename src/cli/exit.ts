// The exit codes of commands.

export const DONE = 0;
/** Nothing was done: an error, or the question was answered with no. */
export const ERROR = 1;
/** A part of the request is done; the rest failed, or waits for another attempt. */
export const PARTLY = 2;
/** The definitions or arguments are invalid or name something unknown, or a decision is needed first; nothing was done. */
export const REFUSED = 3;
/** `plan --check` found something to apply. */
export const TO_APPLY = 4;

export type ExitCode = typeof DONE | typeof ERROR | typeof PARTLY | typeof REFUSED | typeof TO_APPLY;

/** 0 if all requested runs are done, 1 if none is done and none waits for another attempt, otherwise 2. */
export function exitCodeFor({ asked, done, waiting }: { asked: number; done: number; waiting: number }): ExitCode {
  if (done === asked) return DONE;
  return done > 0 || waiting > 0 ? PARTLY : ERROR;
}
