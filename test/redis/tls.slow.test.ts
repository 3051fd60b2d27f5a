import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openRedis } from '../../src/redis/connection.ts';
import { openQueueConnection } from '../../src/redis/queue-connection.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { startRedis } from '../../src/servers/servers.ts';
import { redisSource } from '../../src/sources/redis/redis.ts';
import { allRows, failureOf } from '../sources/source-contract.ts';
import { eventsView, feature, sourceOptions } from '../sources/worlds.ts';
import { AUTHORITY, certificatePath } from '../support/certificates/certificates.ts';

const CLIENT = `sslcert=${certificatePath('server.pem')}&sslkey=${certificatePath('server.key')}`;
const calm = new AbortController().signal;

type TlsServer = { readonly plain: string; url(parameters?: string): string };

/** A Redis with a plain and a TLS port, and the key `score:1`. */
async function server(certificate: 'server' | 'other', clients: 'yes' | 'no' = 'no'): Promise<TlsServer> {
  const port = await freePort();
  const started = await startRedis({
    settings: {
      'tls-port': String(port),
      'tls-cert-file': certificatePath(`${certificate}.pem`),
      'tls-key-file': certificatePath(`${certificate}.key`),
      'tls-ca-cert-file': certificatePath('authority.pem'),
      'tls-auth-clients': clients,
    },
  });
  onTestFinished(() => started[Symbol.asyncDispose]());
  await using redis = openRedis({ url: started.url, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
  await redis.send([['SET', 'score:1', '0.5']]);
  const { password } = new URL(started.url);
  return {
    plain: started.url,
    url: (parameters = AUTHORITY) => `rediss://:${password}@localhost:${port}/0?${parameters}`,
  };
}

async function rowsFrom(url: string, idleTimeoutMs = 30_000): Promise<unknown> {
  await using source = redisSource.open(sourceOptions({ name: 'cache', url, idleTimeoutMs }));
  const features = [feature('value', 'float')];
  const view = eventsView({ kind: 'latest', keys: 'score:{entity_id}', features });
  const rows = await allRows(source, { view, span: null }, calm);
  return rows.map(([id, , value]) => [id, value]);
}

async function refusedBy(url: string, idleTimeoutMs?: number): Promise<string> {
  const { code, message } = await failureOf(rowsFrom(url, idleTimeoutMs));
  return `${code}: ${message.replace(/^source cache \(.*?\) /, '')}`;
}

test('a connection reads its TLS files again after they could not be read', async () => {
  const started = await server('server');
  const folder = await mkdtemp(join(tmpdir(), 'millrace-tls-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const authority = join(folder, 'ca.pem');
  const url = started.url(`sslrootcert=${authority}`);
  await using redis = openRedis({ url, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
  await expect(redis.send([['PING']])).rejects.toMatchObject({ code: 'ONLINE_DENIED' });
  await copyFile(certificatePath('authority.pem'), authority);
  expect(await redis.send([['PING']])).toEqual(['PONG']);
});

describe('a Redis source over TLS', () => {
  test('reads from a server whose certificate it can verify', async () => {
    expect(await rowsFrom((await server('server')).url())).toEqual([['1', '0.5']]);
  });

  test('refuses a server with another identity, and says what to do', async () => {
    const right = await server('server');
    const misnamed = await server('other');
    expect({
      unknown: await refusedBy(right.url('family=0')),
      stranger: await refusedBy(right.url(`sslrootcert=${certificatePath('stranger.pem')}`)),
      misnamed: await refusedBy(misnamed.url()),
      // It waits for the end of a command.
      plain: await refusedBy(right.plain.replace('redis:', 'rediss:').replace('127.0.0.1', 'localhost'), 500),
      missing: await refusedBy(right.url('sslrootcert=/nowhere/ca.pem')),
    }).toEqual({
      unknown: expect.stringMatching(
        /^SOURCE_DENIED: cannot be used over TLS: its certificate is not signed by a trusted authority; add sslrootcert=FILE/,
      ),
      stranger: expect.stringMatching(
        /^SOURCE_DENIED: cannot be used over TLS: its certificate is not signed by a trusted authority/,
      ),
      misnamed: expect.stringMatching(/^SOURCE_DENIED: cannot be used over TLS: its certificate is for another host/),
      plain: 'SOURCE_UNAVAILABLE: has not responded for 0.5 s.',
      missing: expect.stringMatching(/^SOURCE_DENIED: cannot be used over TLS: ENOENT/),
    });
  });

  test('presents a client certificate to a server that requires one', async () => {
    const strict = await server('server', 'yes');
    expect(await rowsFrom(strict.url(`${AUTHORITY}&${CLIENT}`))).toEqual([['1', '0.5']]);
    expect(await refusedBy(strict.url())).toMatch(/^SOURCE_(?:DENIED|UNAVAILABLE): /);
  });
});

describe('the stores over TLS', () => {
  test('are used if their certificate can be verified', async () => {
    const { url } = await server('server');
    const options = { clock: systemClock, deadlineMs: 30_000, connectionName: 'test' };
    await using online = openRedis({ url: url(), ...options });
    expect(await online.send([['GET', 'score:1']])).toEqual(['0.5']);
    await using untrusted = openRedis({ url: url('family=4'), ...options });
    expect((await failureOf(untrusted.send([['GET', 'score:1']]))).code).toBe('ONLINE_DENIED');

    const queue = openQueueConnection(url(), 'worker', { connectionName: 'test', silenceMs: 30_000 });
    const blocking = queue.duplicate();
    expect([await queue.get('score:1'), await blocking.get('score:1')]).toEqual(['0.5', '0.5']);
    queue.disconnect();
    blocking.disconnect();
    expect(() =>
      openQueueConnection(url('sslrootcert=/nowhere/ca.pem'), 'worker', { connectionName: 'test', silenceMs: 30_000 }),
    ).toThrow(
      /^The queue \(.*\): the TLS files of its URL cannot be used: ENOENT.*Check sslrootcert, sslcert and sslkey\./,
    );
  });
});
