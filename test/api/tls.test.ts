// The API with its own certificate: real files, real clients.

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readTls } from '../../src/api/tls.ts';
import { messageOf } from '../../src/core/failure.ts';
import { epochMsOf, parseInstant } from '../../src/core/instant.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { CONFIG, projectFolder, startMillrace } from '../cli/world.ts';
import { certificatePath, pem } from '../support/certificates/certificates.ts';
import { slowTest } from '../support/sample.ts';
import { freshRedis, migratedDatabase } from '../support/servers.ts';
import { until } from '../support/until.ts';

const TLS = `api:\n  tls: { cert: tls.pem, key: tls.key }\n`;
const NOW = parseInstant('2026-12-01') ?? epochMsOf(0);

const PROJECT = { 'millrace.yaml': `${CONFIG}${TLS}`, 'tls.pem': pem('server.pem'), 'tls.key': pem('server.key') };

async function startApi(files: Readonly<Record<string, string>> = {}) {
  const folder = await projectFolder({ ...PROJECT, ...files });
  const port = await freePort();
  const [offline, online, queue] = [await migratedDatabase(), await freshRedis('online'), await freshRedis('queue')];
  const env = { MILLRACE_OFFLINE_URL: offline, MILLRACE_ONLINE_URL: online, MILLRACE_QUEUE_URL: queue };
  const api = startMillrace(folder, `api --port ${port}`, { ...env, SHOP_DATABASE_URL: offline });
  onTestFinished(async () => {
    api.kill('SIGKILL');
    await api.ended;
  });
  return { api, port };
}

/** A GET with certificate checks. Returns the status, or the code of the error. */
async function get(port: number, pathname: string, ca: string): Promise<number | string> {
  const sent = request({ host: '127.0.0.1', servername: 'localhost', port, path: pathname, ca, agent: false });
  sent.end();
  try {
    const [response] = await once(sent, 'response');
    response.resume();
    return response.statusCode;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** A connection that never ends its handshake. */
async function halfHandshake(port: number, bytes: Buffer): Promise<Socket> {
  const socket = connectTcp(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => undefined).write(bytes);
  return socket;
}

describe('the API with tls', () => {
  test('serves clients that trust its authority, and no plain HTTP', async () => {
    const { api, port } = await startApi();
    await until(() => api.output().includes('api.started'));
    expect(api.output()).toContain(`https://127.0.0.1:${port}`);
    expect(await get(port, '/health/ready', pem('authority.pem'))).toBe(200);
    expect(await get(port, '/api/v1/views', pem('authority.pem'))).toBe(200);
    expect(await get(port, '/health/live', pem('stranger.pem'))).toMatch(/CERT|ISSUER|SIGNATURE/);
    await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow();
    const old = connectTls({ port, host: '127.0.0.1', ca: pem('authority.pem'), maxVersion: 'TLSv1.1' });
    await expect(once(old, 'secureConnect')).rejects.toThrow();
  });

  slowTest('answers and stops although handshakes hang', async () => {
    const { api, port } = await startApi();
    await until(() => api.output().includes('api.started'));
    // Nothing, half a record header, and the header of a record that never comes.
    const bytes = [Buffer.alloc(0), Buffer.from([0x16, 3]), Buffer.from([0x16, 3, 1, 2, 0, 1])];
    const hanging = await Promise.all(
      Array.from({ length: 30 }, (_, at) => halfHandshake(port, bytes[at % 3] as Buffer)),
    );
    expect(await get(port, '/health/live', pem('authority.pem'))).toBe(200);
    expect(hanging.filter(({ destroyed }) => destroyed)).toEqual([]);
    api.kill('SIGTERM');
    expect((await api.ended).code).toBe(0);
  });

  slowTest('does not start with a key of another certificate', async () => {
    const { api } = await startApi({ 'tls.key': pem('other.key') });
    expect(await api.ended).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('The key in tls.key does not belong to the certificate in tls.pem'),
    });
  });
});

describe('readTls', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await projectFolder(PROJECT);
    await writeFile(join(folder, 'text.pem'), 'a certificate');
    await writeFile(
      join(folder, 'locked.key'),
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----',
    );
  });

  const read = (tls: object, now = NOW) => readTls(folder, { cert: 'tls.pem', key: 'tls.key', ...tls }, now);

  test('returns the files, and when the certificate expires', async () => {
    const expires = parseInstant('2126-10-28T13:55:10Z');
    expect(await read({})).toEqual({ cert: pem('server.pem'), key: pem('server.key'), expires });
  });

  test.each([
    [{ cert: 'none.pem' }, NOW, 'The file none.pem (api.tls.cert) cannot be read (ENOENT'],
    [{ key: 'none.key' }, NOW, 'The file none.key (api.tls.key) cannot be read (ENOENT'],
    [{ key: '.' }, NOW, 'The file . (api.tls.key) cannot be read ('],
    [{ cert: 'text.pem' }, NOW, 'The file text.pem (api.tls.cert) contains no certificate: expected PEM'],
    [{ cert: 'tls.key' }, NOW, 'The file tls.key (api.tls.cert) contains no certificate: expected PEM'],
    [{ key: 'tls.pem' }, NOW, 'The file tls.pem (api.tls.key) contains no private key: expected PEM'],
    [{ key: 'locked.key' }, NOW, 'The key in locked.key (api.tls.key) has a passphrase'],
    [
      { key: certificatePath('other.key') },
      NOW,
      `The key in ${certificatePath('other.key')} does not belong to the certificate in tls.pem`,
    ],
    [{}, parseInstant('2127-01-01'), '(api.tls.cert) expired on 2126-10-28T13:55:10'],
    [{}, parseInstant('2020-01-01'), '(api.tls.cert) is valid only from 2026-11-21T13:55:10'],
  ])('refuses %j at %s', async (tls, now, sentence) => {
    const failed = await read(tls, now ?? NOW).catch((thrown: unknown) => thrown);
    expect(messageOf(failed)).toContain(sentence);
  });
});
