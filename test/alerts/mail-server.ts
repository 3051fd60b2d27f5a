// A mail server for tests: records e-mails, and responds as configured.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { EmailTarget } from '../../src/definition/connections/alert-targets.ts';
import { parseMailServer } from '../../src/definition/connections/smtp-url.ts';
import { identity } from '../support/certificates/certificates.ts';

export type Mailed = {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string;
  readonly secure: boolean;
  /** Header → value, names in lower case, folded lines joined. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly raw: string;
};

export type MailServer = AsyncDisposable & {
  readonly port: number;
  readonly received: Mailed[];
  target(name: string, extra?: { url?: string; to?: readonly string[] }): EmailTarget;
};

export const PASSWORD = 'p@ss/w0rd';

export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const received: Mailed[] = [];
  const server = new SMTPServer({
    ...identity('server'),
    authOptional: true,
    closeTimeout: 10,
    onAuth: ({ username, password }, _session, done) => {
      if (password === PASSWORD && username !== undefined) return done(null, { user: username });
      return done(Object.assign(new Error('Invalid login'), { responseCode: 535 }));
    },
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        received.push(mailed(Buffer.concat(parts).toString('utf8'), session));
        done(null);
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.server.address() as AddressInfo; // it listens on a port
  return {
    port,
    received,
    target: (name, { url = `smtp://localhost:${port}?starttls=off`, to = ['data@example.org'] } = {}) => {
      const parsed = parseMailServer(url);
      if (typeof parsed === 'string') throw new Error(`the URL ${parsed}`);
      return { name, format: 'email', from: 'millrace@example.org', to, server: parsed };
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(resolve)),
  };
}

type Session = Parameters<NonNullable<SMTPServerOptions['onData']>>[1];

function mailed(raw: string, session: Session): Mailed {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = lines.map(
    (line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: ?/, '')] as const,
  );
  const { mailFrom, rcptTo } = session.envelope;
  return {
    from: mailFrom === false ? '' : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    user: typeof session.user === 'string' ? session.user : '',
    secure: session.secure,
    headers: new Map(headers),
    text: decoded(body.join('\r\n\r\n'), new Map(headers).get('content-transfer-encoding') ?? ''),
    raw,
  };
}

/** Of quoted-printable, the characters. */
function decoded(text: string, encoding: string): string {
  const lines = text.replaceAll('\r\n', '\n');
  if (encoding !== 'quoted-printable') return lines;
  const bytes = lines.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => `%${hex}`);
  return decodeURIComponent(bytes.replace(/%(?![0-9A-F]{2})/g, '%25'));
}
