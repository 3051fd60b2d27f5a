import { describe, expect, test } from 'vitest';
import { lookByRule } from '../../../src/alerts/look.ts';
import { freePort } from '../../../src/servers/free-port.ts';
import { startMailServer } from '../../alerts/mail-server.ts';
import { startWebhook } from '../../alerts/webhook.ts';
import { rule, SENDER } from '../../alerts/world.ts';
import { until } from '../../support/until.ts';
import { CONFIG, openCommandWorld, SPEND, startMillrace } from '../world.ts';

const ALERTS = `alerts:
  to:
    ops: { url: "\${ALERT_OPS}", format: slack }
    pager: { url: "\${ALERT_PAGER}", secret: "\${ALERT_SECRET}" }
  rules:
    - { when: freshness_missed, to: [ops, pager] }
`;
const FILES = {
  'millrace.yaml': `${CONFIG}${ALERTS}`,
  'features/spend.yaml': SPEND.replace('end: 2026-01-03', 'freshness: 2d'),
};

describe('millrace alerts', () => {
  test('lists firing alerts and their delivery status', async () => {
    const world = await openCommandWorld(FILES);
    await world.millrace('apply');
    expect((await world.millrace('alerts')).stdout).toBe(
      'No alerts are firing.\n\nNo alert messages were sent in the last 30 days.\n',
    );
    const late = rule({ when: 'freshness_missed', to: ['ops', 'pager'] });
    await lookByRule({ database: world.database, sender: SENDER, rules: [late] }, late);
    await world.database.run(
      `update millrace.alert_delivery set state = 'dead', error = 'it responded with 404', closed_at = millrace.now(), tries = 1
        where target = 'ops'`,
    );
    const { stdout } = await world.millrace('alerts');
    expect(stdout).toMatch(
      /^1 alert firing:\nSINCE +SENT +CONDITION +DETAILS WHEN DETECTED\n2026-01-03 +\S+ +freshness_missed +spend is \S+( \S+)? behind/,
    );
    expect(stdout).toMatch(/\n\S+ +ops +dead +firing: spend is .* \(freshness target: 2d\)\. +it responded with 404\n/);
    expect(stdout).toMatch(/\n\S+ +pager +pending +firing: spend is .* \(freshness target: 2d\)\. +–\n$/);
    const dead = JSON.parse((await world.millrace('alerts --dead --json')).stdout);
    expect(dead).toMatchObject({
      firing: {
        total: 1,
        alerts: [{ condition: 'freshness_missed', view: 'spend', since: '2026-01-03T00:00:00.000Z' }],
      },
      deliveries: [
        { target: 'ops', state: 'dead', status: 'firing', tries: 1, nextAt: null, error: 'it responded with 404' },
      ],
    });
  });
});

describe('millrace alerts test of an e-mail target', () => {
  test('sends an e-mail and shows the response', async () => {
    await using server = await startMailServer();
    const mail = `    team: { email: [data@example.org], from: m@example.org, smtp: "\${ALERT_SMTP}" }\n`;
    const world = await openCommandWorld({
      ...FILES,
      'millrace.yaml': FILES['millrace.yaml'].replace('  rules:', `${mail}  rules:`),
    });
    const env = { ALERT_SMTP: `smtp://localhost:${server.port}?starttls=off` };
    expect(await world.millrace('alerts test team', env)).toMatchObject({
      code: 0,
      stdout: 'team accepted the test message: it responded with 250 (OK: message queued).\n',
    });
    expect(server.received[0]?.text).toContain('This is a test alert from');
    const closed = { ALERT_SMTP: 'smtp://localhost:1?starttls=off' };
    const { code, stderr } = await world.millrace('alerts test team', closed);
    expect(code).toBe(1);
    expect(stderr).toContain('team did not accept the test message: it could not be reached: ');
  });
});

describe('millrace scheduler', () => {
  test('sends alerts while it waits for the queue', async () => {
    await using hook = await startWebhook();
    const world = await openCommandWorld(FILES);
    await world.millrace('apply');
    const port = await freePort();
    const scheduler = startMillrace(world.folder, `scheduler --health-port ${port}`, {
      ...world.env,
      MILLRACE_QUEUE_URL: 'redis://127.0.0.1:1',
      ALERT_OPS: hook.url.href,
      ALERT_PAGER: hook.url.href,
      ALERT_SECRET: 'a secret',
    });
    await until(() => hook.received.length === 2);
    expect(hook.received.map(({ headers }) => headers['millrace-signature'] !== undefined).sort()).toEqual([
      false,
      true,
    ]);
    await until(() => scheduler.output().includes('"process.waiting"'));
    scheduler.kill('SIGTERM');
    const { code, stdout } = await scheduler.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/"message":"The queue \(redis:\/\/127\.0\.0\.1:1\) is not responding/);
  });

  test('does not start if a target has no address', async () => {
    const world = await openCommandWorld(FILES);
    expect(
      await startMillrace(world.folder, 'scheduler', { ...world.env, ALERT_OPS: 'https://h/x' }).ended,
    ).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The variable ALERT_PAGER .*\nThe variable ALERT_SECRET /),
    });
  });
});

describe('millrace alerts test', () => {
  test('sends a message, needs only the variables of its target, and shows the response', async () => {
    await using hook = await startWebhook();
    const world = await openCommandWorld(FILES);
    const env = { ALERT_OPS: hook.url.href };
    expect(await world.millrace('alerts test ops', env)).toEqual({
      code: 0,
      stdout: 'ops accepted the test message: it responded with 200 (ok).\n',
      stderr: '',
    });
    expect(JSON.parse(hook.received[0]?.body ?? '')).toMatchObject({
      text: ':wave: *shop*: This is a test alert from shop. No action is needed.',
    });
    hook.answer((response) => void response.writeHead(403).end('invalid_token'));
    expect(await world.millrace('alerts test ops', env)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'ops did not accept the test message: it responded with 403 (invalid_token).\n',
    });
  });

  test('refuses an unknown target, and a target with missing or invalid variables', async () => {
    const world = await openCommandWorld(FILES);
    expect(await world.millrace('alerts test pagr')).toMatchObject({
      code: 3,
      stderr: 'There is no target "pagr" under alerts.to in millrace.yaml; did you mean `pager`?\n',
    });
    const unset = await world.millrace('alerts test pager', { ALERT_PAGER: 'https://h/x' });
    expect(unset).toMatchObject({ code: 1, stderr: expect.stringContaining('The variable ALERT_SECRET') });
    expect(await world.millrace('alerts test ops', { ALERT_OPS: 'ftp://h/T0P5ECRET' })).toMatchObject({
      code: 1,
      stderr:
        'The value of ALERT_OPS (millrace.yaml:10) is not a webhook address; expected a URL that starts with https:// or http:// and has no user name or password.\n',
    });
  });
});
