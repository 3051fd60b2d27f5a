// Tokens of programs. A token is 32 random bytes, so a plain SHA-256 of it can be stored: there is nothing to guess.

import { createHash } from 'node:crypto';

const PREFIX = 'mlr_';
const TOKEN = /^mlr_[\w-]{43}$/;
const HASH = /^sha256:[\w-]{43}$/;

/** A new token from 32 random bytes. */
export function tokenOf(random: Buffer): string {
  return `${PREFIX}${random.toString('base64url')}`;
}

/** The hash of a token, without `$`, which env files and Compose would expand as a variable. */
export function hashOfToken(token: string): string {
  return `sha256:${createHash('sha256').update(token).digest('base64url')}`;
}

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

export function isTokenHash(text: string): boolean {
  return HASH.test(text);
}
