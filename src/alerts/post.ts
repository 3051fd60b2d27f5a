// One request to a target, with a deadline. Redirects are not followed: the address of a moved webhook must be updated,
// and a signed body must not go to an address that is not configured.

import type { Clock } from '../core/clock.ts';
import { messageOf as errorText } from '../core/failure.ts';
import type { WebTarget } from '../definition/connections/alert-targets.ts';
import type { AlertMessage } from '../definition/reference/alert-message.ts';
import { bounded } from '../presentation/alert-text.ts';
import { signatureOf } from './signature.ts';
import { slackBody } from './slack.ts';

/** The target's response. `error` is a sentence without the target's address, which is a secret. */
export type Answer =
  | {
      readonly kind: 'taken';
      readonly status: number;
      readonly text: string;
      /** What only a part of the target accepted, for the log. */
      readonly note?: string;
    }
  /** Another try may succeed, after `afterMs` if the target named a time. */
  | { readonly kind: 'failed'; readonly error: string; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly error: string };

export type Posting = {
  readonly target: WebTarget;
  readonly message: AlertMessage;
  /** Identifies repeats of the same message. */
  readonly deliveryId: string;
  /** Seconds since 1970, for the signature. */
  readonly at: number;
};

export type PostOptions = { readonly clock: Clock; readonly timeoutMs: number; readonly version: string };

const ANSWER_BYTES_MAX = 2_048;
/** A longer pause that a target asks for is cut, so that alerts still arrive on the same day. */
const RETRY_AFTER_MAX_MS = 3_600_000;
/** Errors of the message itself. All other errors may be about the target, which its owner can fix. */
const MESSAGE_REFUSED: readonly number[] = [400, 413, 415, 422];

/** Posts a message; never rejects. Ends within the timeout, and when the signal is aborted. */
export async function post(options: PostOptions, posting: Posting, signal: AbortSignal): Promise<Answer> {
  const { clock, timeoutMs } = options;
  const { target } = posting;
  const late = new AbortController();
  using _deadline = clock.after(timeoutMs, () => late.abort());
  try {
    const response = await fetch(target.url, request(options, posting, AbortSignal.any([signal, late.signal])));
    return judge(response, hidden(target, await beginningOf(response)));
  } catch (error) {
    if (signal.aborted) return { kind: 'failed', error: 'this process was stopped while sending', afterMs: 0 };
    const said = late.signal.aborted ? `it did not respond within ${timeoutMs / 1_000} s` : causeOf(error);
    return { kind: 'failed', error: hidden(target, said), afterMs: 0 };
  }
}

function request({ version }: PostOptions, { target, message, deliveryId, at }: Posting, signal: AbortSignal) {
  const body = JSON.stringify(target.format === 'slack' ? slackBody(message) : message);
  return {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': `millrace/${version}`,
      'millrace-delivery': deliveryId,
      ...(target.secret === null ? {} : { 'millrace-signature': signatureOf(target.secret, body, at) }),
    },
    body,
    signal,
  } satisfies RequestInit;
}

function judge(response: Response, text: string): Answer {
  const { status } = response;
  if (response.ok) return { kind: 'taken', status, text };
  const said = `it responded with ${status}${text === '' ? '' : ` (${text})`}`;
  if (MESSAGE_REFUSED.includes(status)) {
    return { kind: 'refused', error: `${said}, so it will not be sent again` };
  }
  const moved = status < 400 ? '; redirects are not followed: update the URL of the target' : '';
  const afterMs = Math.min(retryAfterMs(response), RETRY_AFTER_MAX_MS);
  return { kind: 'failed', error: `${said}${moved}`, afterMs };
}

/** Seconds or a date, in milliseconds from now; 0 if absent or malformed. */
function retryAfterMs({ headers }: Response): number {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const [until, now] = [Date.parse(text), Date.parse(headers.get('date') ?? '')];
  return Number.isFinite(until - now) ? Math.max(0, until - now) : 0;
}

/** The beginning of the body; the rest is not read. */
async function beginningOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let bytes = 0; bytes < ANSWER_BYTES_MAX; ) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      text += decoder.decode(value.subarray(0, ANSWER_BYTES_MAX), { stream: true });
    }
  } catch {
    // The status is enough.
  } finally {
    reader.cancel().catch(() => undefined);
  }
  return text;
}

/** Removes the address and secret, which a server may echo. */
function hidden({ url, secret }: WebTarget, text: string): string {
  const parts = [url.href, `${url.pathname}${url.search}`, secret ?? ''].filter((part) => part.length > 3);
  return bounded(parts.reduce((rest, part) => rest.replaceAll(part, '…'), text.slice(0, ANSWER_BYTES_MAX)));
}

/** `fetch failed` is useless; its cause is not. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const said = errorText(cause) || (cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given');
  return `it could not be reached: ${said}`;
}
