// Alerts by e-mail, with a real mail server.

import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { mail } from '../../src/alerts/mail.ts';
import { mailSubject, mailText } from '../../src/alerts/mail-text.ts';
import { messageOf } from '../../src/alerts/message.ts';
import { send as sendAlert } from '../../src/alerts/send.ts';
import { ALERT_SETTINGS } from '../../src/alerts/watch.ts';
import { systemClock } from '../../src/core/clock.ts';
import { value } from '../../src/core/message.ts';
import { type EmailTarget, resolveAlertTargets } from '../../src/definition/connections/alert-targets.ts';
import { parseMailServer } from '../../src/definition/connections/smtp-url.ts';
import type { AlertMessage } from '../../src/definition/reference/alert-message.ts';
import type { AlertFacts } from '../../src/state/alerts/conditions.ts';
import { certificatePath } from '../support/certificates/certificates.ts';
import { view } from '../support/views.ts';
import { PASSWORD, startMailServer } from './mail-server.ts';
import { openAlertWorld, rule } from './world.ts';

const RULE = { id: 'r', when: 'run_failed', severity: 'critical' } as const;

function message(count: number, facts: AlertFacts, view = 'spend'): AlertMessage {
  const alerts = Array.from({ length: count }, (_, index) => {
    const name = count === 1 ? view : `${view}_${index}`;
    return { id: index, view: name, since: '2026-01-08T00:00:00.000Z', until: null, facts };
  });
  const found = { status: 'firing', at: '2026-01-08T00:00:00.000Z', rule: RULE } as const;
  return messageOf({ project: 'shop', dashboardUrl: 'https://d.example' }, found, alerts);
}

const error = (code: string, said: string) => ({ code, message: said, owner: 'author', parts: value(said) });
const FAILED = message(1, { failures: 1, run: 7, error: error('SOURCE_DENIED', 'No.') });
const DELIVERY = '0f7a2f6e-3f0d-4f0e-9b3f-0c1d2e3f4a5b';

function send(target: EmailTarget, sent = FAILED, timeoutMs = 10_000) {
  const options = { clock: systemClock, timeoutMs, version: '0.0.0' };
  return mail(options, { target, message: sent, deliveryId: DELIVERY, at: 0 }, new AbortController().signal);
}

const encoded = encodeURIComponent(PASSWORD);
const trusted = `sslrootcert=${encodeURIComponent(certificatePath('authority.pem'))}`;

describe('mail', () => {
  test('sends plain text with the facts of the message', async () => {
    await using server = await startMailServer();
    const target = server.target('team', { to: ['data@example.org', 'ops@example.org'] });
    expect(await send(target)).toEqual({ kind: 'taken', status: 250, text: 'OK: message queued' });
    const [sent] = server.received;
    expect(sent).toMatchObject({ from: 'millrace@example.org', to: ['data@example.org', 'ops@example.org'], user: '' });
    expect(Object.fromEntries(sent?.headers ?? [])).toMatchObject({
      from: '"Millrace (shop)" <millrace@example.org>',
      to: 'data@example.org, ops@example.org',
      subject: '[shop] firing (critical): The last run of spend (run 7) failed with SOURCE_DENIED: No.',
      'message-id': `<${DELIVERY}@example.org>`,
      'millrace-delivery': DELIVERY,
      'auto-submitted': 'auto-generated',
      importance: 'High',
      'content-type': 'text/plain; charset=utf-8',
    });
    expect(sent?.text.trimEnd()).toBe(`The last run of spend (run 7) failed with SOURCE_DENIED: No.

Project: shop
Status: firing
Condition: run_failed
Severity: critical
Detected: 2026-01-08T00:00:00.000Z

- spend: since 2026-01-08T00:00:00.000Z, run 7, https://d.example/views/spend

Dashboard: https://d.example/views/spend`);
  });

  test('has no header and no line from the name of a view, the project or an error', async () => {
    await using server = await startMailServer();
    const hostile = 'x\r\nBcc: evil@example.org\r\n\r\n<b>hi</b>\u2028\u0000\u202e é';
    const made = message(3, { failures: 1, run: 7, error: error('SOURCE_DENIED', hostile) }, hostile);
    await send(server.target('team'), { ...made, project: hostile, summary: `${hostile} ${'é'.repeat(5_000)}` });
    const [sent] = server.received;
    expect(sent?.to).toEqual(['data@example.org']);
    expect([...(sent?.headers.keys() ?? [])].toSorted()).toEqual(
      [
        'auto-submitted',
        'content-transfer-encoding',
        'content-type',
        'date',
        'from',
        'importance',
        'message-id',
        'millrace-delivery',
        'mime-version',
        'subject',
        'to',
        'x-mailer',
        'x-priority',
      ].toSorted(),
    );
    expect(sent?.raw.split('\r\n').filter((line) => /^(?:bcc|<b>)/i.test(line))).toEqual([]);
  });

  test.each(['smtp', 'smtps'])('logs in over TLS: %s', async (scheme) => {
    await using server = await startMailServer({ secure: scheme === 'smtps', authOptional: false });
    const url = `${scheme}://ada:${encoded}@localhost:${server.port}?${trusted}`;
    expect(await send(server.target('team', { url }))).toMatchObject({ kind: 'taken' });
    expect(server.received).toMatchObject([{ user: 'ada', secure: true }]);
  });

  test('reads a password in a file again for each message', async () => {
    await using server = await startMailServer({ secure: true, authOptional: false });
    const folder = await mkdtemp(join(tmpdir(), 'millrace-mail-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'smtp');
    const write = (password: string) =>
      writeFile(file, `smtps://ada:${password}@localhost:${server.port}?${trusted}\n`);
    await write('old');
    const smtp = { text: '$' + '{SMTP}', file: 'millrace.yaml', line: 7 };
    const config = { format: 'email', to: ['data@example.org'], from: 'm@example.org', smtp } as const;
    const [target] = await resolveAlertTargets({ to: { team: config }, rules: [] }, { SMTP_FILE: file });
    if (target === undefined) throw new Error('it is above');
    const sendTo = () =>
      sendAlert(
        { clock: systemClock, timeoutMs: 10_000, mailTimeoutMs: 10_000, version: '0.0.0' },
        { target, message: FAILED, deliveryId: DELIVERY, at: 0 },
        new AbortController().signal,
      );

    expect(await sendTo()).toMatchObject({ kind: 'failed', error: expect.stringContaining('rejected the user') });
    await write(encoded);
    expect(await sendTo()).toMatchObject({ kind: 'taken' });
    await rm(file);
    expect(await sendTo()).toMatchObject({ kind: 'failed', error: expect.stringContaining('SMTP') });
  });

  test('sends nothing to a server whose certificate is not trusted', async () => {
    await using server = await startMailServer({ authOptional: false });
    const url = `smtp://ada:${encoded}@localhost:${server.port}`;
    expect(await send(server.target('team', { url }))).toEqual({
      kind: 'failed',
      error:
        'it could not be reached: its certificate is not signed by a trusted authority; add sslrootcert=FILE with the CA certificate to the URL',
      afterMs: 0,
    });
    expect(server.received).toEqual([]);
  });

  test('sends no password to a server that does not offer STARTTLS', async () => {
    let logins = 0;
    await using server = await startMailServer({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => {
        logins += 1;
        done(null, { user: 'ada' });
      },
    });
    const url = `smtp://ada:${encoded}@localhost:${server.port}?${trusted}`;
    expect(await send(server.target('team', { url }))).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^it cannot start TLS \(.*\); use smtps:\/\/, or add starttls=off/),
    });
    expect(logins).toBe(0);
  });

  test('reports a wrong password without quoting it', async () => {
    await using server = await startMailServer({
      authOptional: false,
      onAuth: ({ password }, _session, done) => done(Object.assign(new Error(`no ${password}`), { responseCode: 535 })),
    });
    const url = `smtp://ada:wr0ng-secret@localhost:${server.port}?${trusted}`;
    const answer = await send(server.target('team', { url }));
    expect(answer).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^it rejected the user name or password/),
    });
    expect(JSON.stringify(answer)).not.toContain('wr0ng-secret');
  });

  test.each([
    ['onRcptTo', 550, 'refused', /^it refused the e-mail \(.*550 no such user.*\), so it will not be sent again/],
    ['onRcptTo', 450, 'failed', /^it responded with 450: /],
    ['onMailFrom', 421, 'failed', /^it responded with 421 for the sender millrace@example\.org: /],
    ['onRcptTo', 530, 'failed', /^it responded with 530: /],
    ['onMailFrom', 530, 'failed', /^it responded with 530 for the sender millrace@example\.org: /],
    ['onMailFrom', 550, 'failed', /^it responded with 550 for the sender millrace@example\.org: /],
  ] as const)('%s with %s is %s', async (step, responseCode, kind, said) => {
    await using server = await startMailServer({
      [step]: (_address: unknown, _session: unknown, done: (error: Error) => void) =>
        done(Object.assign(new Error('no such user'), { responseCode })),
    });
    expect(await send(server.target('team'))).toMatchObject({ kind, error: expect.stringMatching(said) });
  });

  test('is delivered if one of several addresses is rejected, and says so', async () => {
    await using server = await startMailServer({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('gone') ? Object.assign(new Error('gone'), { responseCode: 550 }) : null),
    });
    const answer = await send(server.target('team', { to: ['gone@example.org', 'data@example.org'] }));
    expect(answer).toMatchObject({ kind: 'taken', note: expect.stringContaining('one address was rejected') });
    expect(server.received).toMatchObject([{ to: ['data@example.org'] }]);
  });

  test.each([
    ['a greeting', ''],
    ['a response to EHLO', '220 hello\r\n'],
    ['a whole response', '220-hello\r\n220-still\r\n'],
  ])('ends at the deadline if a server never sends %s', async (_what, greeting) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      if (greeting !== '') socket.write(greeting);
    });
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo; // it listens on a port
    const parsed = parseMailServer(`smtp://localhost:${port}?starttls=off`);
    if (typeof parsed === 'string') throw new Error(parsed);
    const target = {
      name: 'team',
      format: 'email',
      from: 'a@example.org',
      to: ['b@example.org'],
      server: parsed,
    } as const;
    expect(await send(target, FAILED, 300)).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/did not respond within 0\.3 s|could not be reached/),
    });
  });

  test('reports a server that cannot be reached', async () => {
    await using server = await startMailServer();
    const target = server.target('team', { url: 'smtp://localhost:1?starttls=off' });
    expect(await send(target)).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^it could not be reached: /),
    });
  });
});

describe('mailText', () => {
  test('says what is wrong with each of several views, in lines without control characters', () => {
    const text = mailText(message(25, { failures: 2, run: 7, error: error('BUG', 'a\u001b[31m\nb') }));
    expect(text).toContain(
      '- spend_3: since 2026-01-08T00:00:00.000Z, run 7, https://d.example/views/spend_3\n  The last 2 runs',
    );
    expect(text).toContain('\nand 5 more views\n');
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  test('has a subject of one line', () => {
    const subject = mailSubject({ ...FAILED, summary: `a\nb ${'x'.repeat(1_000)}` });
    expect(subject).toMatch(/^\[shop\] firing \(critical\): a b x+…$/);
    expect([...subject]).toHaveLength(151);
  });
});

describe('deliverTo', () => {
  test('gives an e-mail its own time, and owns it longer than any try', async () => {
    const { timeoutMs, mailTimeoutMs, leaseMs } = ALERT_SETTINGS;
    expect(leaseMs).toBeGreaterThan(Math.max(timeoutMs, mailTimeoutMs));
    await using server = await startMailServer();
    await using world = await openAlertWorld();
    await world.system.apply(view({ end: null, freshnessMs: 1_000 }));
    await world.look(rule({ when: 'freshness_missed', to: ['team'] }));
    // Far too short for a whole session.
    await world.deliver(server.target('team'), { timeoutMs: 0 });
    expect(await world.system.sql('select state, tries, error from millrace.alert_delivery')).toEqual([
      { state: 'sent', tries: 1, error: null },
    ]);
    expect(server.received).toHaveLength(1);
  });

  test('sends an e-mail again after a temporary error, with the same id, and gives up a refused one', async () => {
    let code: number | null = 451;
    await using server = await startMailServer({
      onRcptTo: (_address, _session, done) =>
        done(code === null ? null : Object.assign(new Error('later'), { responseCode: code })),
    });
    await using world = await openAlertWorld();
    await world.system.apply(view({ end: null, freshnessMs: 1_000 }));
    await world.look(rule({ when: 'freshness_missed', to: ['team'] }));
    await world.deliver(server.target('team'));
    const states = () =>
      world.system.sql('select state, tries, error is null as fine from millrace.alert_delivery order by message_id');
    expect(await states()).toEqual([{ state: 'pending', tries: 1, fine: false }]);
    code = null;
    await world.setNow('2026-01-08T00:00:10Z');
    await world.deliver(server.target('team'));
    expect(await states()).toEqual([{ state: 'sent', tries: 2, fine: true }]);
    code = 550;
    await world.system.sql('update millrace.view set retired_at = millrace.now()');
    await world.look(rule({ when: 'freshness_missed', to: ['team'] }));
    await world.deliver(server.target('team'));
    expect(await states()).toEqual([
      { state: 'sent', tries: 2, fine: true },
      { state: 'dead', tries: 1, fine: false },
    ]);
    expect(server.received).toHaveLength(1);
  });
});

describe('parseMailServer', () => {
  test.each([
    ['smtps://a%40b:c%2Fd@mail.example.org', { port: 465, tls: 'start', login: { user: 'a@b', password: 'c/d' } }],
    ['smtp://mail.example.org', { port: 587, tls: 'upgrade', login: null }],
    ['smtp://[::1]:2525?starttls=off', { host: '::1', port: 2525, tls: 'off' }],
    ['smtps://h?sslrootcert=/etc/ca.pem', { caFile: '/etc/ca.pem' }],
  ])('reads %s', (url, server) => {
    expect(parseMailServer(url)).toMatchObject(server);
  });

  test.each([
    ['https://mail.example.org', 'is not the URL of a mail server'],
    ['smtp://a:b/c@host', 'is not the URL of a mail server'],
    ['smtp://host/inbox', 'has no host, or more than a host and a port'],
    ['smtp://ada@host', 'has a user without a password'],
    ['smtp://host?startls=off', 'has an unknown parameter; expected sslrootcert or starttls, did you mean starttls?'],
    ['smtps://host?starttls=off', 'has an invalid starttls; only starttls=off is allowed, and only with smtp://'],
    ['smtp://a:s3cret@host?starttls=off', 'has starttls=off and a password'],
    ['smtp://host?starttls=off&starttls=on', 'has the parameter starttls twice or without a value'],
    ['smtps://a:s3cret@host?sslrootcert=', 'has the parameter sslrootcert twice or without a value'],
  ])('refuses %s without quoting it', (url, message) => {
    expect(parseMailServer(url)).toContain(message);
    expect(parseMailServer(url)).not.toContain('s3cret');
  });
});
