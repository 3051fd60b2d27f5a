// Authentication: by password, by the header of a proxy, or none.

import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { type AccessAnswer, type AccessRequest, openAccess } from '../../src/dashboard/access/access.ts';
import { decoyHash, hashPassword, isPassword, parseHash } from '../../src/dashboard/access/password.ts';
import { type DashboardProxy, NO_LOGIN } from '../../src/definition/connections/dashboard-config.ts';
import { quickHash } from '../support/quick-hash.ts';
import { slowTest } from '../support/sample.ts';

const PASSWORD = 'a password of ada';
const MINUTE_MS = 60_000;

async function openLogins({ clock = systemClock }: { clock?: Clock } = {}) {
  const users = { ada: { role: 'operator', hash: quickHash(PASSWORD) } } as const;
  const access = openAccess({ login: { ...NO_LOGIN, users }, host: '0.0.0.0', defaultRole: 'operator', clock });
  return (given: string | null, address = '10.0.0.1') =>
    access.viewerOf({
      address,
      authorization: given === null ? null : `Basic ${Buffer.from(given).toString('base64')}`,
      headers: () => [],
    });
}

/** Blocks Ada's name at this address for a minute: only a remembered login is let in. */
async function guess(login: (given: string) => Promise<AccessAnswer>): Promise<void> {
  for (let tried = 0; tried < 10; tried += 1) await login(`ada:wrong ${tried}`);
}

function statusOf(answer: AccessAnswer): number {
  return 'status' in answer ? answer.status : 200;
}

function proxied(proxy: Partial<DashboardProxy>, address: string, headers: Record<string, string | readonly string[]>) {
  const whole = { header: 'x-forwarded-user', from: ['10.0.0.0/8'], operators: ['ada@example.org'], ...proxy };
  const access = openAccess({
    login: { ...NO_LOGIN, proxy: whole },
    host: '0.0.0.0',
    defaultRole: 'operator',
    clock: systemClock,
  });
  const request: AccessRequest = { address, authorization: null, headers: (name) => [headers[name] ?? []].flat() };
  return access.viewerOf(request).then(({ viewer }) => viewer);
}

describe('openAccess', () => {
  test('gives all visitors the default role on loopback if no login is configured', async () => {
    for (const host of ['127.0.0.1', '127.0.0.2', '::1', 'localhost']) {
      const access = openAccess({ login: NO_LOGIN, host, defaultRole: 'viewer', clock: systemClock });
      const request = { address: '127.0.0.1', authorization: null, headers: () => [] };
      expect(await access.viewerOf(request)).toEqual({ viewer: { name: null, role: 'viewer' } });
    }
  });

  test.each(['0.0.0.0', '::', '10.0.0.5', 'dashboard.example.org', '127.example.org'])(
    'refuses to listen on %s without a login',
    (host) => {
      const open = () => openAccess({ login: NO_LOGIN, host, defaultRole: 'viewer', clock: systemClock });
      expect(open).toThrow(
        expect.objectContaining({
          code: 'ARGUMENT_INVALID',
          message: `The dashboard has no login, and ${host} can be reached from other machines: add dashboard.users or dashboard.proxy to millrace.yaml, or listen on 127.0.0.1.`,
        }),
      );
    },
  );

  test('refuses a variable that is not a hash', () => {
    for (const hash of ['secret', 'scrypt:N=2,r=8,p=1:c2FsdHNhbHRzYWx0c2FsdA:x', '']) {
      const login = { ...NO_LOGIN, users: { ada: { role: 'viewer' as const, hash } } };
      expect(() => openAccess({ login, host: '::1', defaultRole: 'viewer', clock: systemClock })).toThrow(
        expect.objectContaining({ code: 'ENVIRONMENT_MISSING', message: expect.stringContaining('password of ada') }),
      );
    }
  });
});

describe('a login', () => {
  test('accepts the right password each time', async () => {
    const login = await openLogins();
    const known = { viewer: { name: 'ada', role: 'operator' } };
    expect(await login(`ada:${PASSWORD}`)).toEqual(known);
    expect(await login(`ada:${PASSWORD}`)).toEqual(known);
  });

  test.each([
    ['nothing', null, 'The dashboard requires a user name and a password.'],
    ['another password', `ada:${PASSWORD}!`, 'The user name or password is wrong.'],
    ['another name', `bob:${PASSWORD}`, 'The user name or password is wrong.'],
    ['a name of objects', `constructor:${PASSWORD}`, 'The user name or password is wrong.'],
    ['no name', `:${PASSWORD}`, 'The user name or password is wrong.'],
    ['no colon', 'ada', 'The user name or password is wrong.'],
    ['an endless password', `ada:${'x'.repeat(2_000)}`, 'The user name or password is wrong.'],
  ])('refuses %s', async (_what, given, sentence) => {
    expect(await (await openLogins())(given)).toEqual({ viewer: null, status: 401, sentence });
  });

  test('limits wrong attempts to ten per minute, name and address, and admits remembered users', async () => {
    let nowMs = 0;
    const login = await openLogins({ clock: { ...systemClock, monotonicMs: () => nowMs } });
    await login(`ada:${PASSWORD}`);
    const wrong = async (address: string) => statusOf(await login('ada:wrong', address));
    const statuses = [];
    for (let tried = 0; tried < 12; tried += 1) statuses.push(await wrong('10.0.0.1'));
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    expect(await wrong('10.0.0.2')).toBe(401);
    expect(await login(`ada:${PASSWORD}`)).toMatchObject({ viewer: { name: 'ada' } });
    nowMs += 60_000;
    expect(await wrong('10.0.0.1')).toBe(401);
  });

  test('admits users from an address where an attacker guesses other names', async () => {
    const login = await openLogins();
    for (let tried = 0; tried < 11; tried += 1) await login('eve:wrong');
    expect(statusOf(await login('eve:wrong'))).toBe(429);
    expect(await login(`ada:${PASSWORD}`)).toEqual({ viewer: { name: 'ada', role: 'operator' } });
  });

  test('verifies a password once for many simultaneous requests', async () => {
    const login = await openLogins();
    const answers = await Promise.all(Array.from({ length: 40 }, () => login(`ada:${PASSWORD}`)));
    expect(answers).toEqual(Array(40).fill({ viewer: { name: 'ada', role: 'operator' } }));
    // These count as one attempt; ten more are allowed.
    await Promise.all(Array.from({ length: 40 }, () => login('eve:wrong')));
    const statuses = [];
    for (let tried = 0; tried < 10; tried += 1) statuses.push(statusOf(await login('eve:wrong')));
    expect(statuses).toEqual([...Array(9).fill(401), 429]);
  });

  test.each(['ada', 'unknown'])('verifies a few attempts for %s in parallel and refuses the others', async (name) => {
    // A faster answer would admit all of them and reveal which names exist.
    const login = await openLogins();
    const tries = Array.from({ length: 40 }, (_, index) => login(`${name}:wrong ${index}`, `10.0.1.${index}`));
    const statuses = (await Promise.all(tries)).map(statusOf);
    expect(statuses.filter((status) => status === 401)).toHaveLength(17);
    expect(statuses.filter((status) => status === 429)).toHaveLength(23);
  });

  slowTest('is verified again after half an hour without a request', async () => {
    let nowMs = 0;
    const login = await openLogins({ clock: { ...systemClock, monotonicMs: () => nowMs } });
    await login(`ada:${PASSWORD}`);
    const statuses = [];
    for (nowMs of [30 * MINUTE_MS - 1, 60 * MINUTE_MS - 2, 90 * MINUTE_MS - 2]) {
      await guess(login);
      statuses.push(statusOf(await login(`ada:${PASSWORD}`)));
    }
    expect(statuses).toEqual([200, 200, 429]);
  });

  test('is verified again after half a day', async () => {
    let nowMs = 0;
    const login = await openLogins({ clock: { ...systemClock, monotonicMs: () => nowMs } });
    for (; nowMs < 12 * 60 * MINUTE_MS; nowMs += 20 * MINUTE_MS) await login(`ada:${PASSWORD}`);
    nowMs = 12 * 60 * MINUTE_MS - 1;
    await guess(login);
    expect(statusOf(await login(`ada:${PASSWORD}`))).toBe(200);
    nowMs += 1;
    expect(statusOf(await login(`ada:${PASSWORD}`))).toBe(429);
  });
});

describe('a proxy', () => {
  const ADA = { 'x-forwarded-user': 'ada@example.org' };

  test.each([
    ['10.1.2.3', ADA, 'operator'],
    ['::ffff:10.1.2.3', ADA, 'operator'],
    ['10.1.2.3', { 'x-forwarded-user': 'vic@example.org' }, 'viewer'],
    ['10.1.2.3', { 'x-forwarded-user': 'cn=Ada,ou=people' }, 'viewer'],
    ['10.1.2.3', { 'x-forwarded-user': 'vic, ada@example.org' }, 'viewer'],
  ])('is believed from %s about %j', async (address, headers, role) => {
    expect(await proxied({}, address, headers)).toEqual({ name: headers['x-forwarded-user'], role });
  });

  test.each([
    ['11.0.0.1', ADA],
    ['::ffff:11.0.0.1', ADA],
    ['127.0.0.1', ADA],
    ['::1', ADA],
    ['fe80::1%eth0', ADA],
    ['', ADA],
    ['10.1.2.3', {}],
    ['10.1.2.3', { 'x-forwarded-user': ' ' }],
    ['10.1.2.3', { 'x-forwarded-user': ['vic', 'ada@example.org'] }],
    ['10.1.2.3', { 'x-forwarded-user': ['', 'ada@example.org'] }],
    ['10.1.2.3', { 'x-forwarded-email': 'ada@example.org' }],
  ] as [string, Record<string, string | string[]>][])('is not believed from %s about %j', async (address, headers) => {
    expect(await proxied({}, address, headers)).toBeNull();
  });

  test.each([
    ['UTF-8', Buffer.from('josé').toString('latin1')],
    ['UTF-8 with a combining accent', Buffer.from('jose\u0301').toString('latin1')],
    ['Latin-1', 'jos\u00e9'],
  ])('accepts names in %s', async (_, bytes) => {
    const named = await proxied({ operators: ['josé'] }, '10.1.2.3', { 'x-forwarded-user': bytes });
    expect(named).toEqual({ name: 'josé', role: 'operator' });
  });

  test('accepts an IPv6 address', async () => {
    const from = ['fd00::/8', '10.0.0.5'];
    expect(await proxied({ from }, 'fd12::1', ADA)).toMatchObject({ role: 'operator' });
    expect(await proxied({ from }, '10.0.0.6', ADA)).toBeNull();
  });
});

describe('hashPassword', () => {
  slowTest('makes a new salted hash each time, without a dollar sign', async () => {
    const [one, two] = [await hashPassword('pässword one'), await hashPassword('pässword one')];
    expect(one).toMatch(/^scrypt:N=131072,r=8,p=1:[\w-]{22}:[\w-]{43}$/);
    expect(one).not.toBe(two);
    const parsed = parseHash(one);
    if (parsed === null) throw new Error('no hash');
    expect(await isPassword('pässword one', parsed)).toBe(true);
    expect(await isPassword('pa\u0308ssword one', parsed)).toBe(true);
    expect(await isPassword('pässword two', parsed)).toBe(false);
    expect(await isPassword('pässword one', decoyHash(parsed))).toBe(false);
  });

  test('of the cost of earlier releases keeps working', async () => {
    const hash = 'scrypt:N=32768,r=8,p=1:AAECAwQFBgcICQoLDA0ODw:5wm3QGhlET8BowEunilvpaIx5M2j-jjtNs_d85h-UZs';
    const parsed = parseHash(hash);
    if (parsed === null) throw new Error('no hash');
    expect(await isPassword('pässword one', parsed)).toBe(true);
    expect(await isPassword('pässword two', parsed)).toBe(false);
  });

  test.each([
    'scrypt:N=1024,r=8,p=1',
    'scrypt:N=32767,r=8,p=1',
    'scrypt:N=16777216,r=64,p=1',
    'scrypt:N=32768,r=0,p=1',
    'bcrypt:N=32768,r=8,p=1',
  ])('is not read back from %s', (cost) => {
    expect(parseHash(`${cost}:${'s'.repeat(22)}:${'h'.repeat(43)}`)).toBeNull();
  });
});
