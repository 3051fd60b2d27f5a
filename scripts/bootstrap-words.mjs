// Messages of the bootstrap: one line per action, and one sentence when it cannot continue.

/** The setup cannot continue; the message says what to do. */
export class Stop extends Error {}

export function say(line) {
  process.stderr.write(`millrace: ${line}\n`);
}
