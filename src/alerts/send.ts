// Sends a message to a target: an e-mail, or a request to a webhook.

import type { AlertTarget } from '../definition/connections/alert-targets.ts';
import { mail } from './mail.ts';
import { type Answer, type Posting, type PostOptions, post } from './post.ts';

export type Sending = Omit<Posting, 'target'> & { readonly target: AlertTarget };

/** Never rejects. Ends within the timeout, and when the signal is aborted. */
export async function send(options: PostOptions, sending: Sending, signal: AbortSignal): Promise<Answer> {
  const { target, ...posting } = sending;
  return target.format === 'email'
    ? mail(options, { ...posting, target }, signal)
    : post(options, { ...posting, target }, signal);
}
