// Tokens of each role, and the access that knows them.

import { hashOfToken, tokenOf } from '../../src/api/access/token.ts';
import { type ApiAccess, type ApiLimits, DEFAULT_API_LIMITS } from '../../src/definition/connections/api-config.ts';

export const TOKENS = {
  reader: tokenOf(Buffer.alloc(32, 1)),
  pusher: tokenOf(Buffer.alloc(32, 2)),
  operator: tokenOf(Buffer.alloc(32, 3)),
  /** Reads only views with the tag `signals`. */
  scoped: tokenOf(Buffer.alloc(32, 4)),
  /** Pushes only to views with the tag `signals`. */
  scopedPusher: tokenOf(Buffer.alloc(32, 5)),
  scopedOperator: tokenOf(Buffer.alloc(32, 6)),
};

export type TokenName = keyof typeof TOKENS;

export function accessOf(limits: Partial<ApiLimits> = {}): ApiAccess {
  const hash = (name: TokenName) => hashOfToken(TOKENS[name]);
  return {
    tokens: {
      reader: { hash: hash('reader'), role: 'read', views: null },
      pusher: { hash: hash('pusher'), role: 'push', views: null },
      operator: { hash: hash('operator'), role: 'operate', views: null },
      scoped: { hash: hash('scoped'), role: 'read', views: ['tag:signals'] },
      scoped_pusher: { hash: hash('scopedPusher'), role: 'push', views: ['tag:signals'] },
      scoped_operator: { hash: hash('scopedOperator'), role: 'operate', views: ['tag:signals'] },
    },
    limits: { ...DEFAULT_API_LIMITS, requestsPerSecond: 100_000, ...limits },
    tls: null,
  };
}
