// Sends a message to a target: an e-mail, or a request to a webhook.

import { messageOf } from '../core/failure.ts';
import type { AlertTarget } from '../definition/connections/alert-targets.ts';
import { mail } from './mail.ts';
import { type Answer, type Posting, type PostOptions, post } from './post.ts';

export type Sending = Omit<Posting, 'target'> & { readonly target: AlertTarget };

export type SendOptions = PostOptions & {
  /**
   * The limit for an e-mail, which takes many exchanges. A server that has stored the text but does not respond in time
   * gets it again, so this must be longer than servers check what they receive.
   */
  readonly mailTimeoutMs: number;
};

/** Never rejects. Ends within the timeout, and when the signal is aborted. */
export async function send(options: SendOptions, sending: Sending, signal: AbortSignal): Promise<Answer> {
  const { target: known, ...posting } = sending;
  const target = await currentTarget(known);
  if ('error' in target) return target;
  return target.format === 'email'
    ? mail({ ...options, timeoutMs: options.mailTimeoutMs }, { ...posting, target }, signal)
    : post(options, { ...posting, target }, signal);
}

/** Passwords and addresses in files are read again for each message. */
async function currentTarget(target: AlertTarget): Promise<AlertTarget | (Answer & { readonly kind: 'failed' })> {
  try {
    return (await target.renewed?.()) ?? target;
  } catch (error) {
    return { kind: 'failed', error: messageOf(error), afterMs: 0 };
  }
}
