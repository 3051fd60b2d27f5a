// Password hashes that fit in an environment variable: `scrypt:N=131072,r=8,p=1:salt:hash`, both parts base64url.
//
// They contain no `$`, which env files and Compose would expand as a variable.

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

export type PasswordHash = {
  /** Cost, block size, parallelization. */
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
};

/** 128 MB and about half a second per guess, as OWASP recommends. Older hashes with a lower cost still work. */
const COST = { N: 131_072, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** The limit for one verification; a hash that needs more is refused. */
const MEMORY_BYTES_MAX = 256 * 1_048_576;

/** Longer passwords are refused, so that no client can keep the process busy with one. */
export const PASSWORD_LENGTH_MAX = 256;

/** A new hash of a password, with a new salt each time. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, { ...COST, salt, hash: Buffer.alloc(HASH_BYTES) });
  const { N, r, p } = COST;
  return `scrypt:N=${N},r=${r},p=${p}:${salt.toString('base64url')}:${hash.toString('base64url')}`;
}

/** Parses a hash; null if it is malformed, too weak or too costly. */
export function parseHash(text: string): PasswordHash | null {
  const found = /^scrypt:N=(\d{1,8}),r=(\d{1,2}),p=(\d{1,2}):([\w-]{22,128}):([\w-]{43,128})$/.exec(text.trim());
  if (found === null) return null;
  const [N, r, p] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const isPower = N >= 16_384 && (N & (N - 1)) === 0;
  if (!isPower || r < 1 || p < 1 || p > 16 || 128 * N * r > MEMORY_BYTES_MAX) return null;
  return { N, r, p, salt: Buffer.from(found[4] ?? '', 'base64url'), hash: Buffer.from(found[5] ?? '', 'base64url') };
}

/** Whether a password matches a hash; takes as long for a wrong one. */
export async function isPassword(password: string, known: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, known), known.hash);
}

/** A hash that no password matches, as costly as a real one: for user names that do not exist. */
export function decoyHash(like: PasswordHash | undefined): PasswordHash {
  const { N, r, p } = like ?? COST;
  return { N, r, p, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };
}

function derive(password: string, { N, r, p, salt, hash }: PasswordHash): Promise<Buffer> {
  const options = { N, r, p, maxmem: 2 * MEMORY_BYTES_MAX };
  // Unicode allows two encodings of the same letters.
  const text = password.normalize('NFKC');
  return new Promise((resolve, reject) => {
    scrypt(text, salt, hash.length, options, (error, derived) => (error === null ? resolve(derived) : reject(error)));
  });
}
