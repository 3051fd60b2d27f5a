// The message for a view whose query was edited: no run starts until the edit is deployed.

import { Failure } from '../../core/failure.ts';
import { command, joined, type Message, safe, text } from '../../core/message.ts';
import { viewOfParts } from '../../definition/declared/parts.ts';

export function editSentence(name: string): Message {
  const combined = viewOfParts(name);
  if (combined !== null)
    return text`${safe(name)} was edited in a way that may change its rows, so it does not run until you deploy the edit: "${command(`millrace apply ${combined}`)}" with --restate (read all stored rows again) or --equivalent (the edit changes no rows).`;
  return text`${safe(name)} was edited in a way that may change its rows, so it does not run until you deploy the edit: "${command(`millrace apply ${name}`)}" with --restate (read all stored rows again), --forward-only (keep them) or --equivalent (the edit changes no rows).`;
}

/** The failure of a command that would run edited views. */
export function viewsChanged(names: readonly string[]): Failure {
  return new Failure('VIEW_CHANGED', joined(names.map(editSentence), '\n'), { views: names.join(', ') });
}
