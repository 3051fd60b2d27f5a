// Certificates for the servers of tests, made with openssl for a hundred years: `authority` has signed `server` (for localhost)
// and `other` (for elsewhere); `stranger` is another authority.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const certificatePath = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

export const pem = (file: string): string => readFileSync(certificatePath(file), 'utf8');

/** What a server needs to show this certificate. */
export function identity(name: 'server' | 'other'): { readonly cert: string; readonly key: string } {
  return { cert: pem(`${name}.pem`), key: pem(`${name}.key`) };
}

/** The URL parameter of a client that trusts the authority. */
export const AUTHORITY = `sslrootcert=${certificatePath('authority.pem')}`;
