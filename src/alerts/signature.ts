// Signatures of messages, verified by receivers as in docs/operations/alerts.md.

import { createHmac } from 'node:crypto';

/** The value of `Millrace-Signature`: `t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "t.body">`. */
export function signatureOf(secret: string, body: string, at: number): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}
