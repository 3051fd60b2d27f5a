import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseRange } from '../../src/definition/connections/address-range.ts';
import { NO_LOGIN, resolveDashboard } from '../../src/definition/connections/dashboard-config.ts';
import { loadDefinitions } from '../../src/definition/load.ts';
import { loadProject } from '../../src/definition/project.ts';
import { NOW, problemsOf, projectFolder, SHOP } from './project-folder.ts';

const ADA = '$' + '{DASHBOARD_ADA}';
const VIC = '$' + '{DASHBOARD_VIC}';

const withDashboard = (dashboard: string) => ({ 'millrace.yaml': `${SHOP['millrace.yaml']}dashboard: ${dashboard}\n` });

const USERS = `{ users: { ada: { role: operator, password: "${ADA}" }, vic: { role: viewer, password: "${VIC}" } } }`;
const PROXY = `{ url: "https://millrace.example.org/", proxy: { header: X-Forwarded-User, from: [10.0.0.0/8, "::1"], operators: [ada@example.org] } }`;

describe('dashboard', () => {
  test('is parsed as written', async () => {
    using project = projectFolder({ ...SHOP, ...withDashboard(PROXY) });
    const { config } = await loadDefinitions(project.folder, NOW);
    expect(config.dashboard).toEqual({
      url: 'https://millrace.example.org',
      users: {},
      proxy: { header: 'x-forwarded-user', from: ['10.0.0.0/8', '::1'], operators: ['ada@example.org'] },
    });
  });

  test('needs its variables only for the dashboard', async () => {
    using project = projectFolder({ ...SHOP, ...withDashboard(USERS) });
    const env = {
      MILLRACE_OFFLINE_URL: 'postgres://h/offline',
      MILLRACE_ONLINE_URL: 'redis://h/1',
      MILLRACE_QUEUE_URL: 'redis://h/2',
      SHOP_DATABASE_URL: 'postgres://h/shop',
    };
    const { config } = await loadProject(project.folder, env, NOW);
    await expect(resolveDashboard(config.dashboard, env)).rejects.toMatchObject({
      code: 'ENVIRONMENT_MISSING',
      message: [
        'The variable DASHBOARD_ADA (millrace.yaml:8) is not set. Set it to the output of "millrace dashboard hash".',
        'The variable DASHBOARD_VIC (millrace.yaml:8) is not set. Set it to the output of "millrace dashboard hash".',
      ].join('\n'),
    });
    const file = path.join(project.folder, 'vic');
    writeFileSync(file, 'scrypt:vic\n');
    const login = await resolveDashboard(config.dashboard, { DASHBOARD_ADA: 'scrypt:ada', DASHBOARD_VIC_FILE: file });
    expect(login).toEqual({
      url: null,
      users: { ada: { role: 'operator', hash: 'scrypt:ada' }, vic: { role: 'viewer', hash: 'scrypt:vic' } },
      proxy: null,
    });
    expect(await resolveDashboard(undefined, {})).toEqual(NO_LOGIN);
  });

  const PASSWORD_EXPECTED =
    'expected one variable such as $' + '{NAME} that contains the output of "millrace dashboard hash"';

  test.each([
    [
      '{ users: { ada: { role: viewer, password: secret } } }',
      `8:54: \`dashboard.users.ada.password\`: ${PASSWORD_EXPECTED}`,
    ],
    [
      `{ users: { ada: { role: viewer, password: "x${ADA}" } } }`,
      `8:54: \`dashboard.users.ada.password\`: ${PASSWORD_EXPECTED}`,
    ],
    [
      `{ users: { ada: { role: viewer, password: "${ADA}${VIC}" } } }`,
      `8:54: \`dashboard.users.ada.password\`: ${PASSWORD_EXPECTED}`,
    ],
    [
      `{ users: { ada: { role: admin, password: "${ADA}" } } }`,
      '8:36: `dashboard.users.ada.role`: expected one of viewer, operator',
    ],
    [
      `{ users: { "a:b": { role: viewer, password: "${ADA}" } } }`,
      'a name of at most 64 characters without spaces or colons',
    ],
    ['{ users: { ada: { role: viewer, password: 12345678 } } }', 'hash of a password, found a number'],
    ['{ user: {} }', 'unknown key `user` in `dashboard`; did you mean `users`?'],
    [
      '{ url: "https://m.example", proxy: { header: "X Y", from: [10.0.0.1] } }',
      'expected the name of a header, such as X-Forwarded-User',
    ],
    [
      '{ proxy: { header: X-User, from: [10.0.0.5] } }',
      '8:21: `dashboard.proxy`: also needs `dashboard.url`, the public address of the dashboard',
    ],
    ['{ url: "https://m.example", proxy: { header: X-User, from: [] } }', 'expected a list of 1 to 100'],
    [
      '{ url: "https://m.example", proxy: { header: X-User, from: [10.0.0.0/33] } }',
      '8:72: `dashboard.proxy.from.0`: "10.0.0.0/33" is not an address',
    ],
    ...[
      '0.0.0.0/0',
      '0.0.0.0/1',
      '128.0.0.0/1',
      '10.0.0.0/7',
      '8.0.0.0/8',
      '"::/0"',
      '"::/1"',
      '"8000::/1"',
      '"2000::/3"',
    ].map((range) => [`{ url: "https://m.example", proxy: { header: X-User, from: [${range}] } }`, 'is too broad']),
    ...['"::ffff:0:0/96"', '"::/80"', '"::/97"', '"::ffff:0.0.0.0/97"', '"0::ffff:8000:0/97"', '"fc00::/6"'].map(
      (range) => [
        `{ url: "https://m.example", proxy: { header: X-User, from: [10.0.0.1, ${range}] } }`,
        '`dashboard.proxy.from.1`',
      ],
    ),
    ...[
      'Host',
      'host',
      'Origin',
      'Cookie',
      'Authorization',
      'User-Agent',
      'X-Forwarded-For',
      'Sec-Fetch-Site',
      'Accept',
    ].map((header) => [
      `{ url: "https://m.example", proxy: { header: ${header}, from: [10.0.0.1] } }`,
      `\`dashboard.proxy.header\`: ${header} is a header that browsers send`,
    ]),
    ['{ url: millrace.example.org }', '8:19: `dashboard.url`: expected a URL with a host and no path'],
    ['{ url: "https://ada:secret@millrace.example.org" }', 'expected a URL with a host and no path'],
  ])('refuses %s', async (dashboard, sentence) => {
    const problems = await problemsOf(withDashboard(dashboard));
    expect(problems).toEqual([expect.stringContaining(sentence)]);
    expect(problems.join()).not.toMatch(/secret|12345678/);
  });
});

test('accepts the networks of proxies', async () => {
  const ranges = [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '104.16.0.0/13',
    '127.0.0.1',
    '"::1"',
    '"fd00::/8"',
    '"2400:cb00::/32"',
  ];
  for (const header of [
    'X-Forwarded-User',
    'X-Auth-Request-Email',
    'Remote-User',
    'Cf-Access-Authenticated-User-Email',
  ]) {
    const dashboard = `{ url: "https://m.example", proxy: { header: ${header}, from: [${ranges}] } }`;
    expect(await problemsOf(withDashboard(dashboard))).toEqual([]);
  }
});

describe('parseRange', () => {
  test.each([
    ['10.0.0.5', { address: '10.0.0.5', bits: 32, family: 'ipv4' }],
    ['10.0.0.0/8', { address: '10.0.0.0', bits: 8, family: 'ipv4' }],
    ['0.0.0.0/0', { address: '0.0.0.0', bits: 0, family: 'ipv4' }],
    ['fd00::/8', { address: 'fd00::', bits: 8, family: 'ipv6' }],
    ['::1', { address: '::1', bits: 128, family: 'ipv6' }],
  ])('reads %s', (text, range) => {
    expect(parseRange(text)).toEqual(range);
  });

  test.each(['', '10.0.0', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8/8', 'example.org', '::/129'])(
    'refuses %j',
    (text) => {
      expect(parseRange(text)).toBeNull();
    },
  );
});
