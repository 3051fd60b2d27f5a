// A server that speaks ClickHouse's HTTP protocol, for tests: started by the first test of a file, stopped with the file.

import { lastAfterFile } from '../after-file.ts';
import { type ClickhouseServer, startClickhouse } from './server.ts';

let server: Promise<ClickhouseServer> | null = null;
let databases = 0;

/** The URL of a new, empty database. */
export async function freshClickhouse(): Promise<string> {
  if (server === null) {
    const started = startClickhouse();
    server = started;
    lastAfterFile(async () => {
      server = null;
      await (await started)[Symbol.asyncDispose]();
    });
  }
  const { url } = await server;
  databases += 1;
  const database = `test_${databases}`;
  await clickhouseDo(url, `create database ${database}`);
  return `${url}${database}`;
}

/** Runs statements one at a time; returns the lines of the last one, as tab-separated text. */
export async function clickhouseDo(url: string, ...statements: readonly string[]): Promise<string[]> {
  let text = '';
  for (const statement of statements) text = await posted(url, '/', statement);
  return text.split('\n').filter((line) => line !== '');
}

/** How the server writes an error after the first rows: with a tag, as since 25.11, or as plain text. */
export async function writeExceptions(url: string, how: 'tagged' | 'plain'): Promise<void> {
  await posted(url, '/control/exceptions', how);
}

/** The statements that the server is running. */
export async function runningStatements(url: string): Promise<string[]> {
  return JSON.parse(await posted(url, '/control/running', '')) as string[]; // as the server writes it
}

async function posted(url: string, path: string, body: string): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const database = pathname.slice(1);
  const query = database === '' || path !== '/' ? '' : `?database=${database}`;
  const headers = { authorization: `Basic ${btoa('default:')}` };
  const response = await fetch(`http://${hostname}:${port}${path}${query}`, { method: 'POST', body, headers });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
