// What to say of a view whose query was edited: ticks and runs leave it alone until somebody has answered.

import { Failure } from '../../core/failure.ts';
import { command, joined, type Message, safe, text } from '../../core/message.ts';

export function editSentence(name: string): Message {
  return text`${safe(name)} was edited in a way that may change its rows, and is not run until you say what that means: "${command(`millrace apply ${name}`)}" with --restate (read all stored rows again), --forward-only (keep them) or --equivalent (no row changes).`;
}

/** The failure of a command that was asked to run edited views. */
export function viewsChanged(names: readonly string[]): Failure {
  return new Failure('VIEW_CHANGED', joined(names.map(editSentence), '\n'), { views: names.join(', ') });
}
