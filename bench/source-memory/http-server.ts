// The server of http-pages.ts: pages of JSON by cursor, or of NDJSON or CSV by Link header. Its arguments are the number
// of rows and the format.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const PAGE_ROWS = 10_000;
const START = Date.UTC(2026, 0, 1);
const rows = Number(process.argv[2]);
const format = process.argv[3];

const timeOf = (row: number) => new Date(START + (row % 86_400_000)).toISOString();
const record = (row: number) => `{"entity_id":"customer-${row}","happened_at":"${timeOf(row)}","amount":${row / 7}}`;
const csvLine = (row: number) => `customer-${row},${timeOf(row)},${row / 7}`;

const server = createServer((request, response) => {
  const from = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('cursor') ?? 0);
  const end = Math.min(rows, from + PAGE_ROWS);
  const numbers = Array.from({ length: end - from }, (_, index) => from + index);
  if (format === 'json') {
    response.setHeader('content-type', 'application/json');
    response.end(`{"data":[${numbers.map(record).join(',')}],"next":${end < rows ? end : 'null'}}`);
    return;
  }
  const lines = format === 'csv' ? ['entity_id,happened_at,amount', ...numbers.map(csvLine)] : numbers.map(record);
  response.setHeader('content-type', format === 'csv' ? 'text/csv' : 'application/x-ndjson');
  if (end < rows) response.setHeader('link', `</rows?cursor=${end}>; rel="next"`);
  response.end(`${lines.join('\n')}\n`);
});
server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
