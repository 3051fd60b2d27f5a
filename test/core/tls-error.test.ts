import { describe, expect, test } from 'vitest';
import { textOf } from '../../src/core/message.ts';
import { tlsProblem } from '../../src/core/tls-error.ts';

const error = (message: string, code?: string) => Object.assign(new Error(message), code === undefined ? {} : { code });

describe('tlsProblem', () => {
  test.each([
    error(
      'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ),
    error('unable to verify the first certificate', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    error('unable to get local issuer certificate', 'HANDSHAKE_SSL_ERROR'),
  ])('names sslrootcert for $message', (thrown) => {
    expect(textOf(tlsProblem(thrown) ?? [])).toBe(
      'its certificate is not signed by a trusted authority; add sslrootcert=FILE with the CA certificate to the URL',
    );
  });

  test.each([
    [error('certificate has expired', 'CERT_HAS_EXPIRED'), 'its certificate has expired; renew it on the server'],
    [
      error("Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:b."),
      "its certificate is for another host (Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames: DNS:b); use the name in the certificate as the host of the URL",
    ],
    [
      error('The server does not support SSL connections'),
      'it does not support TLS; enable TLS on the server, or remove sslmode from the URL',
    ],
  ])('says what to do about $0.message', (thrown, sentence) => {
    expect(textOf(tlsProblem(thrown) ?? [])).toBe(sentence);
  });

  test('is null for any other error', () => {
    expect(tlsProblem(error('connect ECONNREFUSED', 'ECONNREFUSED'))).toBeNull();
  });
});
