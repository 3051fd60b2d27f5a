// How the bootstrap speaks: one line for each thing it does, and one sentence when it cannot go on.

/** The set-up cannot go on, and the message says what to do about it. */
export class Stop extends Error {}

export function say(line) {
  process.stderr.write(`millrace: ${line}\n`);
}
