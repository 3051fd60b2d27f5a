// The server of source-memory-http.ts: pages of JSON by cursor. Its argument is the number of rows.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const PAGE_ROWS = 10_000;
const START = Date.UTC(2026, 0, 1);
const rows = Number(process.argv[2]);

function record(row: number): string {
  const time = new Date(START + (row % 86_400_000)).toISOString();
  return `{"entity_id":"customer-${row}","happened_at":"${time}","amount":${row / 7}}`;
}

const server = createServer((request, response) => {
  const from = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('cursor') ?? 0);
  const end = Math.min(rows, from + PAGE_ROWS);
  const records = Array.from({ length: end - from }, (_, index) => record(from + index));
  response.setHeader('content-type', 'application/json');
  response.end(`{"data":[${records.join(',')}],"next":${end < rows ? end : 'null'}}`);
});
server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
