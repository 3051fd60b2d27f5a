import { describe, expect, test } from 'vitest';
import { connectionFailure } from '../../src/postgres/failure.ts';

const ROLE = { label: 'source shop', unavailable: 'SOURCE_UNAVAILABLE', denied: 'SOURCE_DENIED' } as const;

describe('connectionFailure', () => {
  test.each([
    [{ code: 'EAI_AGAIN', syscall: 'getaddrinfo' }, 'SOURCE_UNAVAILABLE'],
    [{ code: 'EADDRNOTAVAIL', syscall: 'connect' }, 'SOURCE_UNAVAILABLE'],
    [{ code: 'ECONNABORTED', syscall: 'read' }, 'SOURCE_UNAVAILABLE'],
    [{ code: 'CERT_REVOKED' }, 'SOURCE_DENIED'],
    [{ code: 'ERR_OSSL_PEM_NO_START_LINE' }, 'SOURCE_DENIED'],
    [{ code: '42703' }, null],
    [{ code: 'ERR_INVALID_ARG_TYPE' }, null],
  ])('of %j is %s', (facts, code) => {
    expect(connectionFailure(Object.assign(new Error('words'), facts), ROLE)?.code ?? null).toBe(code);
  });
});
