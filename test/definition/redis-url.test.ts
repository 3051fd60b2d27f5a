import { describe, expect, test } from 'vitest';
import { redisUrl } from '../../src/definition/connections/redis-url.ts';
import { loadProject } from '../../src/definition/project.ts';
import { openReader } from '../../src/reader.ts';
import { NOW, projectFolder, SHOP } from './project-folder.ts';

const STORES = { MILLRACE_OFFLINE_URL: 'postgres://h/offline', SHOP_DATABASE_URL: 'mysql://h/shop' };

describe('redisUrl', () => {
  test.each([
    'redis://cache.example',
    'redis://:p%40ss@cache.example:6379/0',
    'rediss://reader:secret@[::1]:6380/12?family=0',
    'rediss://h?sslrootcert=/etc/ssl/ca.pem&sslcert=c.pem&sslkey=k.pem',
    'postgres://h/shop?sslmode=require',
  ])('leaves %s as it is', (url) => {
    expect(redisUrl(url)).toBe(url);
  });

  test('writes the scheme as the driver knows it, which otherwise connects in plain text', () => {
    expect(redisUrl('REDISS://h/1')).toBe('rediss://h/1');
  });

  test.each([
    ['redis://h?ssl=true', 'the unknown parameter "ssl"; expected only family; for TLS, use rediss:'],
    ['redis://h?tls=true', 'the unknown parameter "tls"; expected only family; for TLS, use rediss:'],
    ['rediss://h?ssl_cert_reqs=none', 'the unknown parameter "ssl_cert_reqs"'],
    [
      'rediss://h?sslrootcrt=x',
      'the unknown parameter "sslrootcrt"; expected one of family, sslrootcert, sslcert, sslkey; did you mean `sslrootcert`?',
    ],
    ['redis://h?sslrootcert=x', 'the unknown parameter "sslrootcert"; expected only family; for TLS, use rediss:'],
    ['rediss://h?sslrootcert=', 'the parameter sslrootcert without a value'],
    ['rediss://h?sslcert=c.pem', 'only one of sslcert and sslkey; set both'],
    ['redis://h?familly=4', 'the unknown parameter "familly"; expected only family; did you mean `family`?'],
    [
      'redis://h?db=2',
      'the unknown parameter "db"; expected only family; write the number of the database after the host',
    ],
    // Options of the driver, some of which it would call as functions.
    ['redis://h?reconnectOnError=1', 'the unknown parameter "reconnectOnError"'],
    ['redis://h?sentinels=x', 'the unknown parameter "sentinels"'],
    ['redis://h?family=5', 'family=5; expected 0, 4, 6'],
    ['redis://h?family=4&family=6', 'the parameter family twice'],
    ['redis://h/shop', 'more than a database number after the host'],
    ['redis://h/0/1', 'more than a database number after the host'],
    ['redis:///0', 'no host'],
    ['redis://:100%@h', 'a % that is not part of an escape'],
  ])('refuses %s', (url, problem) => {
    expect(() => redisUrl(url, 'The queue')).toThrow(`The queue: its URL has ${problem}`);
  });

  test.each(['MILLRACE_ONLINE_URL', 'MILLRACE_QUEUE_URL'])(
    'is checked for %s when a project is loaded',
    async (name) => {
      using project = projectFolder(SHOP);
      const env = { ...STORES, MILLRACE_ONLINE_URL: 'redis://h', MILLRACE_QUEUE_URL: 'redis://h' };
      await expect(loadProject(project.folder, { ...env, [name]: 'redis://:secret@h?ssl=true' }, NOW)).rejects.toThrow(
        /^The (?:online store|queue) \(redis:\/\/h\): its URL has the unknown parameter "ssl"/,
      );
    },
  );

  test('is checked for a source, whose views alone cannot run, and for the library', async () => {
    using project = projectFolder(SHOP);
    const env = { ...STORES, MILLRACE_ONLINE_URL: 'redis://h', MILLRACE_QUEUE_URL: 'redis://h' };
    const { connections } = await loadProject(project.folder, { ...env, SHOP_DATABASE_URL: 'redis://h?tls=1' }, NOW);
    expect([...(connections.invalidSources?.keys() ?? [])]).toEqual(['shop']);
    expect(() => openReader({ offlineUrl: 'postgres://h/x', onlineUrl: 'redis://h?tls=1' })).toThrow('"tls"');
  });
});
