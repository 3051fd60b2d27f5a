// A server that speaks ClickHouse's HTTP protocol, for tests: started by the first test of a file, stopped with the file.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import { chdbFolder } from './chdb.ts';

export interface ClickhouseServer extends AsyncDisposable {
  /** `clickhouse://127.0.0.1:PORT/`, for the user `default`. */
  readonly url: string;
  /** Kills the process; its tables are lost. */
  kill(): Promise<void>;
  /** Stops answering, as a frozen process does. */
  pause(): void;
  resume(): void;
}

const SCRIPT = join(import.meta.dirname, 'http-server.ts');

export async function startClickhouse(): Promise<ClickhouseServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-clickhouse-'));
  const child = spawn(process.execPath, [SCRIPT, await chdbFolder(), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await firstLine(child);
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `clickhouse://127.0.0.1:${port}/`,
    kill,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the server has no output');
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error('the ClickHouse server of the tests did not start');
}

let server: Promise<ClickhouseServer> | null = null;

afterAll(async () => {
  await (await server)?.[Symbol.asyncDispose]();
  server = null;
});

let databases = 0;

/** The URL of a new, empty database. */
export async function freshClickhouse(): Promise<string> {
  server ??= startClickhouse();
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
