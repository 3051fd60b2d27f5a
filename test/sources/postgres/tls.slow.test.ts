import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/core/failure.ts';
import { openDatabase } from '../../../src/postgres/database.ts';
import { type PostgresServer, startPostgres } from '../../../src/servers/servers.ts';
import { openSource } from '../../../src/sources/index.ts';
import { AUTHORITY, certificatePath, identity } from '../../support/certificates/certificates.ts';
import { startInterceptor } from '../../support/interceptor.ts';
import { rowsOfQuery } from '../reading.ts';
import { sourceOptions } from '../worlds.ts';

const CIPHER = "select coalesce(cipher, 'plain text') from pg_stat_ssl where pid = pg_backend_pid()";

/** The cipher of a source's connection with these parameters, or the code and the words of its failure. */
async function connect(url: string, parameters: string, host = 'localhost'): Promise<string> {
  try {
    await using source = openSource(sourceOptions({ url: `${url.replace('127.0.0.1', host)}?${parameters}` }));
    const [row] = await rowsOfQuery(source, CIPHER);
    return row?.[0] ?? '';
  } catch (error) {
    return `${(error as { code?: string }).code}: ${messageOf(error)}`;
  }
}

/** The same of a store's connection. */
async function connectStore(url: string, parameters: string): Promise<string> {
  try {
    await using database = openDatabase({
      url: `${url.replace('127.0.0.1', 'localhost')}?${parameters}`,
      role: { label: 'The offline store', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
      poolMax: 1,
      connectTimeoutMs: 30_000,
      idleInTransactionMs: 60_000,
      applicationName: 'test',
    });
    const [row] = await database.query<{ coalesce: string }>(CIPHER);
    return row?.coalesce ?? '';
  } catch (error) {
    return `${(error as { code?: string }).code}: ${messageOf(error)}`;
  }
}

const ENCRYPTED = expect.stringMatching(/AES|CHACHA/);

describe('a Postgres over TLS', () => {
  const servers: PostgresServer[] = [];
  let [right, misnamed] = ['', ''];
  beforeAll(async () => {
    for (const name of ['server', 'other'] as const) {
      servers.push(await startPostgres({ tls: identity(name) }));
    }
    [right = '', misnamed = ''] = servers.map(({ url }) => url);
  });
  afterAll(() => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())));

  test('is encrypted and checked as sslmode requires, as a source and as a store', async () => {
    const cases = [
      [right, '', 'plain text'],
      [right, 'sslmode=disable', 'plain text'],
      [misnamed, 'sslmode=no-verify', ENCRYPTED],
      [misnamed, `sslmode=verify-ca&${AUTHORITY}`, ENCRYPTED],
      [right, `sslmode=verify-full&${AUTHORITY}`, ENCRYPTED],
      [right, `sslmode=require&${AUTHORITY}`, ENCRYPTED],
      [right, AUTHORITY, ENCRYPTED],
      [right, 'sslmode=require', expect.stringMatching(/_DENIED: .*certificate/)],
      [misnamed, `sslmode=verify-full&${AUTHORITY}`, expect.stringMatching(/_DENIED: .*altnames/)],
      [right, `sslmode=verify-ca&sslrootcert=${certificatePath('stranger.pem')}`, expect.stringMatching(/_DENIED: .*certificate/)],
      [right, 'sslmode=verify-full&sslrootcert=/nowhere.pem', expect.stringMatching(/_DENIED: .* over TLS: ENOENT/)],
      [right, `sslmode=verify-full&sslrootcert=${certificatePath('server.key')}&sslcert=${certificatePath('server.pem')}&sslkey=${certificatePath('other.key')}`,
        expect.stringMatching(/_DENIED: .* over TLS: /)],
    ] as const; // biome-ignore format: a table
    for (const [url, parameters, found] of cases) {
      expect([parameters, await connect(url, parameters)]).toEqual([parameters, found]);
      expect([parameters, await connectStore(url, parameters)]).toEqual([parameters, found]);
    }
  });

  test('has an address in its certificate if the URL has one', async () => {
    const found = await connect(right, `sslmode=verify-full&${AUTHORITY}`, '127.0.0.1');
    expect(found).toMatch(/^SOURCE_DENIED: .*127\.0\.0\.1/);
  });
});

describe('channel_binding of a Postgres over TLS', () => {
  let scram: PostgresServer;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-hba-'));
  beforeAll(async () => {
    chmodSync(folder, 0o755); // the server may run as another user
    const hba = join(folder, 'pg_hba.conf');
    writeFileSync(hba, 'host all all all scram-sha-256\nlocal all all scram-sha-256\n');
    scram = await startPostgres({
      tls: identity('server'),
      settings: { hba_file: hba },
    });
  });
  afterAll(async () => {
    await scram[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test('binds the login to the connection if channel_binding asks for it', async () => {
    const cases = [
      [scram.url, `sslmode=require&channel_binding=require&${AUTHORITY}`, ENCRYPTED],
      [scram.url, 'sslmode=no-verify&channel_binding=require', ENCRYPTED],
      [scram.url, `sslmode=require&channel_binding=prefer&${AUTHORITY}`, ENCRYPTED],
      [scram.url, `sslmode=require&channel_binding=disable&${AUTHORITY}`, ENCRYPTED],
      [scram.url, 'channel_binding=prefer', 'plain text'],
    ] as const;
    for (const [url, parameters, found] of cases) {
      expect([parameters, await connect(url, parameters)]).toEqual([parameters, found]);
      expect([parameters, await connectStore(url, parameters)]).toEqual([parameters, found]);
    }
  });

  test('refuses a server that asks for the plain password', async () => {
    await using asking = await startPostgres({ tls: identity('server') });
    const found = await connect(asking.url, 'sslmode=no-verify&channel_binding=require');
    expect(found).toMatch(/^SOURCE_DENIED: .*the server does not offer channel binding/);
  });

  test('is refused if its login is not bound, before it learns anything about the password', async () => {
    await using between = await startInterceptor(scram.url, identity('other'), 'tls');
    for (const binding of ['prefer', 'require']) {
      // The proof of a login that is bound to the certificate of another is of no use to the server behind.
      const found = await connect(between.url, `sslmode=no-verify&channel_binding=${binding}`);
      expect([binding, found]).toEqual([binding, expect.stringMatching(/^SOURCE_DENIED: /)]);
    }
    expect(await connect(between.url, 'sslmode=no-verify')).toEqual(ENCRYPTED);
    await using weak = await startInterceptor(scram.url, identity('server'), 'plain text');
    const refused = /^SOURCE_DENIED: .*the server does not offer channel binding/;
    expect(await connect(weak.url, 'sslmode=no-verify&channel_binding=require')).toMatch(refused);
  });
});

describe('the URL of a Postgres', () => {
  test.each([
    [
      'ssl_mode=verify-full',
      'the unknown parameter "ssl_mode"; expected one of sslmode, sslrootcert, sslcert, sslkey, host, options, channel_binding; did you mean `sslmode`?',
    ],
    ['sslMode=verify-full', 'did you mean `sslmode`?'],
    ['tls=true', 'did you mean `sslmode`?'],
    ['ssl=false', 'did you mean `sslmode`?'],
    ['ssl=true', 'did you mean `sslmode`?'],
    ['useSSL=true', 'did you mean `sslmode`?'],
    ['sslrootcrt=/a.pem', 'did you mean `sslrootcert`?'],
    ['uselibpqcompat=true', 'the unknown parameter "uselibpqcompat"; expected one of'],
    ['sslmode=prefer', 'sslmode=prefer; expected one of disable, no-verify, require, verify-ca, verify-full'],
    ['sslmode=verify_full', 'did you mean `verify-full`?'],
    ['sslmode=constructor', 'sslmode=constructor; expected one of'],
    ['sslmode=', 'the parameter sslmode without a value'],
    ['sslmode=verify-full&sslmode=disable', 'the parameter sslmode twice'],
    ['sslmode=verify-ca', 'sslmode=verify-ca without sslrootcert; add sslrootcert=FILE'],
    ['channel_binding=yes', 'channel_binding=yes; expected one of disable, prefer, require'],
    ['channel_binding=require', 'channel_binding=require without TLS'],
    ['sslcert=/a.pem', 'only one of sslcert and sslkey; set both'],
  ])('is refused with %s, of a source and of a store, before anything connects', async (parameters, words) => {
    for (const connecting of [connect, connectStore]) {
      const found = await connecting('postgres://reader:hunter2@db.example/shop', parameters);
      expect(found).toMatch(/^DEFINITION_INVALID: /);
      expect(found).toContain(words);
      expect(found).not.toContain('hunter2');
    }
  });
});
