import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { messageOf } from '../../src/core/failure.ts';
import { readTlsFile, readTlsFileSync, readTlsFiles } from '../../src/core/tls-files.ts';
import { openRedis } from '../../src/redis/connection.ts';
import { openQueueConnection } from '../../src/redis/queue-connection.ts';
import { openSource } from '../../src/sources/index.ts';
import { calm } from '../sources/reading.ts';
import { failureOf } from '../sources/source-contract.ts';
import { eventsView, sourceOptions } from '../sources/worlds.ts';
import { certificatePath, pem } from '../support/certificates/certificates.ts';

let folder: string;
/** Paths that a URL can name, and why they are not read. */
let unreadable: Readonly<Record<string, string>>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
  const [pipe, large] = [join(folder, 'pipe.pem'), join(folder, 'large.pem')];
  execFileSync('mkfifo', [pipe]);
  execFileSync('truncate', ['-s', '8G', large]);
  unreadable = {
    [pipe]: 'it is a pipe; expected a regular file',
    '/dev/zero': 'it is a device; expected a regular file',
    [folder]: 'it is a folder; expected a regular file',
    [large]: 'it has more than the maximum of 1048576 bytes',
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('readTlsFiles', () => {
  test('reads certificates, and neither waits for a pipe nor fills the memory', async () => {
    const ca = certificatePath('authority.pem');
    expect(await readTlsFiles({ ca, cert: null, key: null })).toEqual({ ca: pem('authority.pem') });
    expect(readTlsFileSync(ca)).toBe(pem('authority.pem'));
    for (const [path, why] of Object.entries(unreadable)) {
      await expect(readTlsFile(path)).rejects.toThrow(`${path}: ${why}`);
      expect(() => readTlsFileSync(path)).toThrow(`${path}: ${why}`);
    }
  });
});

describe('a URL whose sslrootcert is a pipe or a device', () => {
  test.each(['postgres', 'mysql', 'clickhouse'])(
    'fails the run of a %s source, and not the process',
    async (scheme) => {
      const query = 'select 1 as entity_id, 1 as value, {{end}} as timestamp';
      for (const [path, why] of Object.entries(unreadable)) {
        await using source = openSource(sourceOptions({ url: `${scheme}://ada@localhost:9/shop?sslrootcert=${path}` }));
        const extraction = { view: eventsView({ kind: 'latest', query }), span: null };
        const { code, message } = await failureOf(source.describe(extraction, calm));
        expect([code, message]).toEqual(['SOURCE_DENIED', expect.stringContaining(`${path}: ${why}`)]);
      }
    },
  );

  test('is refused for Redis stores and queues', async () => {
    for (const [path, why] of Object.entries(unreadable)) {
      const url = `rediss://localhost:9/0?sslrootcert=${path}`;
      const online = openRedis({ url, clock: systemClock, deadlineMs: 30_000, connectionName: 'test' });
      await using _online = online;
      expect(await failureOf(online.send([['PING']]))).toMatchObject({
        code: 'ONLINE_DENIED',
        message: expect.stringContaining(`${path}: ${why}`),
      });
      const opened = () => openQueueConnection(url, 'worker', { connectionName: 'test', silenceMs: 30_000 });
      expect(messageOf(await failureOf(Promise.resolve().then(opened)))).toContain(`${path}: ${why}`);
    }
  });
});
