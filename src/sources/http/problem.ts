// Why a request failed, and whether another attempt may help.

import { isNetworkError } from '../../core/failure.ts';
import { type Message, safe, text, value } from '../../core/message.ts';
import { FileProblem } from '../formats/file-problem.ts';

/** `busy` may pass; `broken` may have been interrupted; `login` may pass with the current secrets; the others do not pass. */
type Kind = 'busy' | 'broken' | 'login' | 'denied' | 'refused' | 'shape';

/** `parts` is the end of a sentence, without secrets. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly kind: Kind;
  readonly parts: Message;
  /** How long the server asks to wait; null if it does not. */
  readonly retryAfterMs: number | null;

  constructor(kind: Kind, parts: Message, retryAfterMs: number | null = null, cause?: unknown) {
    super(kind, { cause });
    this.kind = kind;
    this.parts = parts;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Statuses that say that the same request may succeed later. So do those of 500 and above, with two exceptions. */
const BUSY = [408, 425, 429];
/** Not implemented, and HTTP version not supported. */
const UNSUPPORTED = [501, 505];

/** Whether the same request may succeed later. */
export function mayPass(status: number, retryAfterMs: number | null): boolean {
  return (status >= 500 && !UNSUPPORTED.includes(status)) || BUSY.includes(status) || retryAfterMs !== null;
}

/** The problem of a response without a page. `secrets` says whether they come from files, which may be about to change. */
export function statusProblem(
  status: number,
  retryAfterMs: number | null,
  secrets: 'in files' | 'fixed' = 'fixed',
): HttpProblem {
  const what = safe(`the server responded with HTTP status ${status}`);
  if (mayPass(status, retryAfterMs)) return new HttpProblem('busy', what, retryAfterMs);
  if (status === 401 && secrets === 'in files') {
    return new HttpProblem(
      'login',
      text`${what}; the credentials came from a file, and the next attempt will read the file again`,
    );
  }
  if (status === 401 || status === 403) {
    return new HttpProblem('denied', text`${what}; check \`bearer\` and \`headers\` of the source in millrace.yaml`);
  }
  if (status === 404 || status === 410) {
    return new HttpProblem('refused', text`${what}; check \`path\` in the view and the URL of the source`);
  }
  return new HttpProblem('refused', text`${what}; check \`path\`, \`parameters\` and \`pages\` in the view`);
}

function tlsText(code: string): string {
  if (/WRONG_VERSION|PACKET_LENGTH/.test(code)) return 'the port of the server does not use TLS; check the URL';
  return /CERT|SELF_SIGNED|UNABLE_TO/.test(code)
    ? 'the certificate of the server is not trusted'
    : 'no TLS connection could be made';
}

/** Any error from a request, or from reading its response. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof FileProblem) return new HttpProblem('broken', error.parts, null, error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNRESET')
    return new HttpProblem('busy', safe('the connection was closed before the end of the response'), null, error);
  if (code.startsWith('HPE_'))
    return new HttpProblem('busy', safe(`the response is not valid HTTP (${code})`), null, error);
  if (/^Z_/.test(code))
    return new HttpProblem('broken', safe('the response is truncated or damaged (gzip)'), null, error);
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) {
    return new HttpProblem('denied', safe(`${tlsText(code)} (${code})`), null, error);
  }
  const what =
    error instanceof Error
      ? isNetworkError(error)
        ? safe(error.message)
        : value(error.message)
      : value(String(error));
  return new HttpProblem('busy', what, null, error);
}
