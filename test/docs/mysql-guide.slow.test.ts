// docs/guides/mysql-source.md, step by step, on a MariaDB.

import { describe, expect, test } from 'vitest';
import { CONFIG, openCommandWorld } from '../cli/world.ts';
import { freshMysql, mysqlDo } from '../support/mysql.ts';
import { readPage } from './blocks.ts';

const ORDERS = `create table orders
  (customer_id int, ordered_at datetime(6), amount decimal(12, 2), is_gift tinyint(1))`;

/** The blocks of the guide in a language, with `shop` replaced by the database of the test. */
function blocks(language: string, database: string): string[] {
  const found = [...readPage('docs/guides/mysql-source.md').matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)];
  return found
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text.replaceAll('on shop.', `on ${database}.`));
}

describe('docs/guides/mysql-source.md', () => {
  test('reads orders of a MariaDB with the account that it creates', async () => {
    const admin = new URL(await freshMysql());
    const database = admin.pathname.slice(1);
    await mysqlDo(admin.href, ORDERS, 'create table reviews (id int)');
    await mysqlDo(admin.href, "insert into orders values (17, '2026-11-20 08:31:12.5', 74.50, 1)");
    const [account = ''] = blocks('sql', database);
    const statements = account.split(';').map((statement) => statement.trim());
    await mysqlDo(admin.href, ...statements.filter((statement) => statement !== ''));
    const [sources = '', view = ''] = blocks('yaml', database);
    const [, password = ''] = /identified by '(.*)'/.exec(account) ?? [];
    const reader = `mysql://millrace_reader:${password}@${admin.host}/${database}`;
    const config = CONFIG.replace(/sources:[\s\S]*/, sources);
    const spend =
      'name: spend\nentity: customer\nsource: shop\nkind: latest\ntype: int\nquery: select 1 as entity_id, now() as timestamp, 1 as value';
    const world = await openCommandWorld({
      'millrace.yaml': config,
      // One day of it: from the guide's start on, the hours that are due become more and more.
      'features/customer_orders.yaml': view.replace(/^start: .*$/m, 'start: 2026-11-20\nend: 2026-11-21'),
      'features/spend.yaml': spend,
    });
    const env = { SHOP_DATABASE_URL: reader };

    expect(await world.millrace('validate --connect', env)).toMatchObject({ code: 0 });
    expect(await world.millrace('apply', env)).toMatchObject({ code: 0 });
    expect(await world.millrace('run customer_orders --here', env)).toMatchObject({ code: 0 });
    const got = await world.millrace('get customer_orders 17 --json', env);

    expect(got).toMatchObject({ code: 0 });
    expect(JSON.parse(got.stdout)).toMatchObject({ entities: [{ values: { order_amount: '74.50', gift: true } }] });
    await expect(mysqlDo(reader, 'delete from orders')).rejects.toThrow(/denied/);
    await mysqlDo(admin.href, 'drop user millrace_reader');
  });
});
