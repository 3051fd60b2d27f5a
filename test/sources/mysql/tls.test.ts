import { describe, expect, onTestFinished, test } from 'vitest';
import { type MariadbServer, startMariadb } from '../../../src/servers/servers.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql.ts';
import { AUTHORITY, certificatePath, identity } from '../../support/certificates/certificates.ts';
import { slowTest } from '../../support/sample.ts';
import { rowsOfQuery } from '../reading.ts';
import { failureOf } from '../source-contract.ts';
import { sourceOptions } from '../worlds.ts';

async function server(certificate: 'server' | 'other' | null): Promise<MariadbServer> {
  const tls = certificate === null ? {} : { tls: identity(certificate) };
  const started = await startMariadb(tls);
  onTestFinished(() => started[Symbol.asyncDispose]());
  return started;
}

/** The cipher of a connection with these parameters, or the code and the words of its failure. */
async function connect({ url }: MariadbServer, parameters: string, host = 'localhost'): Promise<string> {
  const at = url.replace('127.0.0.1', host);
  await using source = mysqlSource.open(sourceOptions({ url: `${at}?${parameters}` }));
  const query = "select variable_value from information_schema.session_status where variable_name = 'Ssl_cipher'";
  return await rowsOfQuery(source, query).then(
    ([row]) => row?.[0] ?? '',
    (error) => `${error.code}: ${error.message.replace(/^.*?\) /, '')}`,
  );
}

const ENCRYPTED = expect.stringMatching(/AES|CHACHA/);

describe('mysqlSource over TLS', () => {
  slowTest('encrypts and checks as sslmode requires', async () => {
    const right = await server('server');
    const misnamed = await server('other');

    expect({
      none: await connect(right, ''),
      disable: await connect(right, 'sslmode=disable'),
      'no-verify': await connect(misnamed, 'sslmode=no-verify'),
      'verify-ca': await connect(misnamed, `sslmode=verify-ca&${AUTHORITY}`),
      'verify-full': await connect(right, `sslmode=verify-full&${AUTHORITY}`),
      require: await connect(right, `sslmode=require&${AUTHORITY}`),
      'only the authority': await connect(right, AUTHORITY),
    }).toEqual({
      none: '',
      disable: '',
      'no-verify': ENCRYPTED,
      'verify-ca': ENCRYPTED,
      'verify-full': ENCRYPTED,
      require: ENCRYPTED,
      'only the authority': ENCRYPTED,
    });
  });

  slowTest('refuses a server with another identity, every time', async () => {
    const right = await server('server');
    const misnamed = await server('other');
    const stranger = `sslrootcert=${certificatePath('stranger.pem')}`;

    for (const round of ['first', 'second']) {
      expect([round, await connect(misnamed, `sslmode=verify-full&${AUTHORITY}`)]).toEqual([
        round,
        expect.stringMatching(/^SOURCE_DENIED: refused access: .*altnames/),
      ]);
      expect([round, await connect(right, `sslmode=verify-ca&${stranger}`)]).toEqual([
        round,
        expect.stringMatching(/^SOURCE_DENIED: refused access: .*certificate/),
      ]);
      expect([round, await connect(right, 'sslmode=require')]).toEqual([
        round,
        expect.stringMatching(/^SOURCE_DENIED: refused access: .*certificate/),
      ]);
    }
  });

  slowTest('refuses a server without TLS, and a CA file that cannot be read', async () => {
    const plain = await server(null);

    expect(await connect(plain, 'sslmode=no-verify')).toMatch(/^SOURCE_DENIED: refused access: .*does not support TLS/);
    expect(await connect(plain, 'sslmode=verify-ca&sslrootcert=/nowhere.pem')).toMatch(
      /^SOURCE_DENIED: cannot be reached over TLS: ENOENT/,
    );
  });

  slowTest('fails if a TLS file is not a certificate, instead of throwing in the handshake', async () => {
    const right = await server('server');
    const wrong = `sslcert=${certificatePath('server.pem')}&sslkey=${certificatePath('other.key')}`;

    expect(await connect(right, `sslmode=verify-full&${AUTHORITY}&${wrong}`)).toMatch(
      /^SOURCE_DENIED: cannot be reached over TLS: /,
    );
    expect(await connect(right, 'sslmode=require&sslrootcert=/etc/hostname')).toMatch(/^SOURCE_DENIED: /);
  });

  test.each([
    ['sslmode=prefer', 'sslmode=prefer; expected one of disable, no-verify, require, verify-ca, verify-full'],
    ['charset=latin1', 'the unknown parameter "charset"; expected one of sslmode, sslrootcert, sslcert, sslkey'],
    [
      'sslmode=verify-ca',
      'source shop (mysql://127.0.0.1/shop): its URL has sslmode=verify-ca without sslrootcert; add sslrootcert=FILE, the certificate authority to trust.',
    ],
    [
      'sslmode=verify-full',
      'source shop (mysql://127.0.0.1/shop): its URL has sslmode=verify-full and an IP address as host; expected the host name in the certificate.',
    ],
  ])('refuses a URL with %s before it connects', async (parameters, words) => {
    const opening = async () =>
      mysqlSource.open(sourceOptions({ url: `mysql://a:hunter2@127.0.0.1/shop?${parameters}` }));
    const failure = await failureOf(opening());

    expect(failure.code).toBe('DEFINITION_INVALID');
    expect(failure.message).toContain(words);
    expect(failure.message).not.toContain('hunter2');
  });

  test.each([
    [
      'mysql://reader:hunter2%zz@db/shop',
      '(mysql://db/shop): its URL has a % that is not part of an escape',
      '% as %25',
    ],
    [
      'mysql://reader:hunter2%ff@db/shop',
      '(mysql://db/shop): its URL has a % that is not part of an escape',
      '% as %25',
    ],
    ['mysql://reader:hunter2@db/%c3', '(mysql://db/%c3): its URL has a % that is not part of an escape', '% as %25'],
    ['mysql://reader:hunter2%/x@db/shop', '(mysql://…): its URL cannot be parsed', '/ as %2F'],
    [
      'mysql://reader:12/hunter2@db/shop',
      '(mysql://…): its URL has more than a database name after the host',
      '@ as %40',
    ],
    ['mysql:///shop', '(mysql:///shop): its URL has no host', 'expected mysql://user@host/database'],
  ])('refuses the URL %s, and shows how to write it', async (url, what, advice) => {
    const failure = await failureOf((async () => mysqlSource.open(sourceOptions({ url })))());

    expect([failure.code, failure.message]).toEqual([
      'DEFINITION_INVALID',
      expect.stringContaining(`source shop ${what}`),
    ]);
    expect(failure.message).toContain(advice);
    expect(failure.message).not.toContain('hunter2');
  });
});
