// Simple Redis commands with one-line replies, without a client: enough to check that a Redis is up and to share its
// databases among tests.

import { createConnection } from 'node:net';

const TIMEOUT_MS = 5_000;

/** The replies to commands, one line each (`+PONG`, `:3`, `-LOADING …`); null if nothing responds at `url`. */
export function askRedis(url: string, commands: readonly string[]): Promise<readonly string[] | null> {
  const { hostname, port, password, username } = new URL(url);
  const login = password === '' ? [] : [`auth ${username === '' ? '' : `${username} `}${decodeURIComponent(password)}`];
  const asked = [...login, ...commands];
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port === '' ? 6379 : port) });
    let answer = '';
    const finish = (answers: readonly string[] | null) => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(TIMEOUT_MS, () => finish(null));
    socket.once('error', () => finish(null));
    socket.once('close', () => finish(null));
    socket.once('connect', () => socket.write(`${asked.join('\r\n')}\r\n`));
    socket.on('data', (bytes) => {
      answer += bytes.toString();
      const lines = answer.split('\r\n').slice(0, -1);
      if (lines.length >= asked.length) finish(lines.slice(login.length));
    });
  });
}
