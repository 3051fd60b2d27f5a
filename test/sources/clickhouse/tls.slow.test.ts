// TLS in front of the server of the tests, as ClickHouse behind a proxy has it.

import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { clickhouseSource } from '../../../src/sources/clickhouse/clickhouse.ts';
import { AUTHORITY, identity } from '../../support/certificates/certificates.ts';
import { freshClickhouse } from '../../support/clickhouse/clickhouse.ts';
import { rowsOfQuery } from '../reading.ts';
import { sourceOptions } from '../worlds.ts';

/** The URL of the server over TLS with this certificate, without parameters. */
async function overTls(certificate: 'server' | 'other'): Promise<string> {
  const target = new URL(await freshClickhouse());
  const server = createServer(identity(certificate), (client) => {
    const upstream = connect(Number(target.port), target.hostname);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => void server.close());
  const { port } = server.address() as AddressInfo; // it listens on a port
  return `clickhouse://localhost:${port}${target.pathname}`;
}

/** The first value of a query, or the code and the words of its failure. */
async function answer(url: string): Promise<string> {
  await using source = clickhouseSource.open(sourceOptions({ url }));
  return await rowsOfQuery(source, 'select 42').then(
    ([row]) => row?.[0] ?? '',
    (error) => `${error.code}: ${error.message.replace(/^.*?\) /, '')}`,
  );
}

describe('clickhouseSource over TLS', () => {
  test('checks the certificate as the URL requires', async () => {
    const [right, misnamed] = [await overTls('server'), await overTls('other')];

    expect({
      tls: await answer(`${right}?tls=true&${AUTHORITY}`),
      'verify-full': await answer(`${right}?sslmode=verify-full&${AUTHORITY}`),
      'verify-ca': await answer(`${misnamed}?sslmode=verify-ca&${AUTHORITY}`),
      'no-verify': await answer(`${misnamed}?sslmode=no-verify`),
      'another name': await answer(`${misnamed}?tls=true&${AUTHORITY}`),
      'another authority': await answer(`${right}?tls=true`),
      'no file': await answer(`${right}?tls=true&sslrootcert=/nowhere.pem`),
      'a plain port': await answer(`${(await freshClickhouse()).replace('127.0.0.1', 'localhost')}?tls=true`),
      'no tls': await answer(right),
    }).toEqual({
      tls: '42',
      'verify-full': '42',
      'verify-ca': '42',
      'no-verify': '42',
      'another name': expect.stringMatching(
        /^SOURCE_UNAVAILABLE: is not responding: its certificate is for another host/,
      ),
      'another authority': expect.stringMatching(
        /^SOURCE_UNAVAILABLE: .*not signed by a trusted authority; add sslrootcert/,
      ),
      'no file': expect.stringMatching(/^SOURCE_DENIED: cannot be reached over TLS: ENOENT/),
      'a plain port': expect.stringMatching(/^SOURCE_UNAVAILABLE: .*its port does not use TLS/),
      'no tls': expect.stringMatching(/^SOURCE_UNAVAILABLE: is not responding/),
    });
  });
});
