import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startMariadb } from '../../src/servers/servers.ts';
import { mysqlDo } from '../support/mysql.ts';

describe('startMariadb', () => {
  test('keeps committed data after a crash, on the same port, and leaves nothing behind', async () => {
    const server = await startMariadb();
    await mysqlDo(
      server.url,
      'create database shop',
      'create table shop.orders (id int)',
      'insert into shop.orders values (1)',
    );

    await server.kill();
    await expect(mysqlDo(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
    await server.start();
    expect(await mysqlDo(server.url, 'select id from shop.orders')).toEqual([{ id: 1 }]);

    await server[Symbol.asyncDispose]();
    await expect(mysqlDo(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
    expect(existsSync(dirname(server.logFile))).toBe(false);
  });

  test('refuses connections without its password', async () => {
    await using server = await startMariadb();
    const guessed = ['root', 'millrace', 'mysql', ''].map((user) => {
      const url = new URL(server.url);
      Object.assign(url, { username: user, password: '' });
      return mysqlDo(url.href, 'select 1').then(
        () => `${user} got in`,
        (error: { code: string }) => error.code,
      );
    });

    expect(await Promise.all(guessed)).toEqual(Array.from({ length: 4 }, () => 'ER_ACCESS_DENIED_ERROR'));
  });

  test('reports settings that the server does not accept', async () => {
    await expect(startMariadb({ settings: { 'nothing-such': '1' } })).rejects.toThrow(
      /A private MariaDB did not start.*nothing-such/s,
    );
  });
});
