// One e-mail to a target, with a deadline for all of it. The connection is closed at the deadline, in any phase.

import type { ConnectionOptions } from 'node:tls';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { messageOf as errorText } from '../core/failure.ts';
import { textOf } from '../core/message.ts';
import { tlsProblem } from '../core/tls-error.ts';
import { readTlsFile } from '../core/tls-files.ts';
import type { EmailTarget } from '../definition/connections/alert-targets.ts';
import { bounded } from '../presentation/alert-text.ts';
import { mailSubject, mailText } from './mail-text.ts';
import type { Answer, Posting, PostOptions } from './post.ts';

type Mailing = Omit<Posting, 'target'> & { readonly target: EmailTarget };

/** Sends an e-mail; never rejects. Ends within the timeout, and when the signal is aborted. */
export async function mail(options: PostOptions, mailing: Mailing, signal: AbortSignal): Promise<Answer> {
  const { clock, timeoutMs } = options;
  const late = new AbortController();
  using _deadline = clock.after(timeoutMs, () => late.abort());
  try {
    return await deliver(options, mailing, AbortSignal.any([signal, late.signal]));
  } catch (error) {
    if (signal.aborted) return { kind: 'failed', error: 'this process was stopped while sending', afterMs: 0 };
    if (late.signal.aborted) {
      return { kind: 'failed', error: `it did not respond within ${timeoutMs / 1_000} s`, afterMs: 0 };
    }
    return judge(mailing.target, error);
  }
}

async function deliver(options: PostOptions, mailing: Mailing, signal: AbortSignal): Promise<Answer> {
  const { target } = mailing;
  const { login } = target.server;
  const content = await composed(options, mailing);
  const connection = new SMTPConnection(await connectionOptions(target, options.timeoutMs));
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  connection.on('error', reject);
  signal.addEventListener('abort', reject, { once: true });
  if (signal.aborted) reject(signal.reason);
  const step = <T>(begin: (done: (error?: Error | null, value?: T) => void) => void) =>
    Promise.race([called(begin), broken]);
  try {
    await step((done) => connection.connect(done));
    if (login !== null) {
      await step((done) => connection.login({ user: login.user, pass: login.password }, done));
    }
    const envelope = { from: target.from, to: [...target.to] };
    const info = await step<Sent>((done) => connection.send(envelope, content, done));
    return taken(target, info);
  } finally {
    signal.removeEventListener('abort', reject);
    connection.close();
  }
}

type Sent = { readonly response?: string | undefined; readonly rejectedErrors?: readonly Error[] | undefined };

function called<T>(begin: (done: (error?: Error | null, value?: T) => void) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => begin((error, value) => (error ? reject(error) : resolve(value))));
}

async function composed({ version }: PostOptions, { target, message, deliveryId }: Mailing): Promise<Buffer> {
  const composer = new MailComposer({
    from: { name: `Millrace (${message.project})`, address: target.from },
    to: [...target.to],
    subject: mailSubject(message),
    text: mailText(message),
    // Repeats of a message have the same id, so that receivers can drop them.
    messageId: `<${deliveryId}@${target.from.split('@')[1] ?? 'millrace'}>`,
    date: new Date(message.at),
    headers: {
      'Millrace-Delivery': deliveryId,
      'Auto-Submitted': 'auto-generated',
      'X-Mailer': `millrace/${version}`,
      ...(message.rule?.severity === 'critical' && message.status === 'firing' ? URGENT : {}),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return await composer.compile().build();
}

/** How mail programs mark an urgent e-mail. */
const URGENT = { 'X-Priority': '1 (Highest)', Importance: 'High' };

async function connectionOptions({ server }: EmailTarget, timeoutMs: number) {
  const tls: ConnectionOptions = server.caFile === null ? {} : { ca: await readTlsFile(server.caFile) };
  return {
    host: server.host,
    port: server.port,
    secure: server.tls === 'start',
    requireTLS: server.tls === 'upgrade',
    ignoreTLS: server.tls === 'off',
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    tls,
  };
}

function taken(target: EmailTarget, info: Sent | undefined): Answer {
  const [, status = '250', text = ''] = /^(\d{3})[ -]?(.*)$/s.exec(info?.response ?? '') ?? [];
  const rejected = info?.rejectedErrors ?? [];
  const all = [text, ...rejected.map((error) => `one address was rejected: ${errorText(error)}`)].join('; ');
  const said = hidden(target, all);
  return { kind: 'taken', status: Number(status), text: said, ...(rejected.length === 0 ? {} : { note: said }) };
}

/** Errors about the connection, TLS, the password or the sender are the configuration's, so that a later try may succeed. */
function judge(target: EmailTarget, error: unknown): Answer {
  const { code, command, responseCode } = factsOf(error);
  const tls = tlsProblem(error);
  const said = hidden(target, tls === null ? errorText(error) : textOf(tls));
  const isOfSender = command === 'MAIL FROM';
  const isOfMessage = (code === 'EENVELOPE' || code === 'EMESSAGE') && !isOfSender;
  if (isOfMessage && responseCode !== null && responseCode >= 500 && !LOGIN_REQUIRED.includes(responseCode)) {
    return { kind: 'refused', error: `it refused the e-mail (${said}), so it will not be sent again` };
  }
  if (code === 'EAUTH') return { kind: 'failed', error: `it rejected the user name or password (${said})`, afterMs: 0 };
  if (code === 'ETLS' && tls === null) {
    const advice = 'use smtps://, or add starttls=off to the URL if the network is trusted';
    return { kind: 'failed', error: `it cannot start TLS (${said}); ${advice}`, afterMs: 0 };
  }
  const about = isOfSender ? ` for the sender ${target.from}` : '';
  const what = responseCode === null ? 'it could not be reached' : `it responded with ${responseCode}${about}`;
  return { kind: 'failed', error: `${what}: ${said}`, afterMs: 0 };
}

/** At any step, a server may ask for a login or refuse it. */
const LOGIN_REQUIRED: readonly number[] = [530, 535];

/** `command` is the step of the session, for example `MAIL FROM`. */
type MailFacts = { readonly code: string; readonly command: string; readonly responseCode: number | null };

function factsOf(error: unknown): MailFacts {
  if (!(error instanceof Error)) return { code: '', command: '', responseCode: null };
  const responseCode = 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : null;
  const code = 'code' in error ? String(error.code) : '';
  return { code, command: 'command' in error ? String(error.command) : '', responseCode };
}

/** Removes the password, which a server may echo. */
function hidden({ server: { login } }: EmailTarget, text: string): string {
  if (login === null) return bounded(text);
  const { user, password } = login;
  const encoded = [password, `\0${user}\0${password}`].map((secret) => Buffer.from(secret).toString('base64'));
  return bounded([password, ...encoded].reduce((rest, secret) => rest.replaceAll(secret, '…'), text));
}
