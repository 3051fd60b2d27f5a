// The example of docs/reference/sources/http-files.md, on a server of files.

import { expect, onTestFinished, test } from 'vitest';
import { CONFIG, openCommandWorld } from '../cli/world.ts';
import { FILE_SECRET, startFileServer } from '../support/object-stores/file-server.ts';
import { readPage } from './blocks.ts';

const PAGE = 'docs/reference/sources/http-files.md';
/** The first day of the page; the view of the test ends after it, so that it is the same on any day and at midnight. */
const [DAY, END] = ['2026-11-01', '2026-11-02'];

test(`the example of ${PAGE} reads the files of each day`, async () => {
  const server = await startFileServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.put(`exports/sales/${DAY}-north.csv`, 'customer_id,amount\n17,74.50\n');
  server.put(`exports/sales/${DAY}-south.csv`, 'customer_id,amount\n17,0.25\n21,3\n');
  const [sources = '', view = ''] = [...readPage(PAGE).matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);
  const world = await openCommandWorld({
    'millrace.yaml':
      CONFIG.replace(/ {2}lake: .*\n/, '') +
      sources.replace('sources:\n', '').replace('https://files.example.com', server.origin),
    'features/daily_sales.yaml': view.replace(`start: ${DAY}\n`, `start: ${DAY}\nend: ${END}\n`),
  });
  const env = { FILES_TOKEN: FILE_SECRET };

  expect(await world.millrace('validate', env)).toMatchObject({ code: 0 });
  expect(await world.millrace('apply', env)).toMatchObject({ code: 0 });
  expect(await world.millrace('run daily_sales --here', env)).toMatchObject({ code: 0 });
  const got = await world.millrace('get daily_sales 17 --json', env);

  expect(JSON.parse(got.stdout)).toMatchObject({ entities: [{ values: { daily_sales: '74.75' } }] });
});
