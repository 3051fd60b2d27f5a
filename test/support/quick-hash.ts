// A password hash with the lowest accepted cost, since a test verifies dozens; by default each takes half a second.

import { randomBytes, scryptSync } from 'node:crypto';

const COST = { N: 16_384, r: 8, p: 1 };

export function quickHash(password: string): string {
  const salt = randomBytes(16);
  const hash = scryptSync(password.normalize('NFKC'), salt, 32, COST);
  return `scrypt:N=${COST.N},r=${COST.r},p=${COST.p}:${salt.toString('base64url')}:${hash.toString('base64url')}`;
}
