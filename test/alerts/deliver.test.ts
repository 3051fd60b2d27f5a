import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { claimDelivery, giveUpOld, recordSent } from '../../src/state/alerts/delivery.ts';
import { alertDeliveries } from '../../src/state/alerts/overview.ts';
import { slowTest } from '../support/sample.ts';
import { view } from '../support/views.ts';
import { type AlertWorld, openAlertWorld, rule } from './world.ts';

const LATE = rule({ when: 'freshness_missed' });

/** A message about one late view, queued for the target `ops`. */
async function waiting(...to: readonly string[]): Promise<AlertWorld> {
  const world = await openAlertWorld();
  await world.system.apply(view({ end: null, freshnessMs: 1_000 }));
  await world.look({ ...LATE, to: to.length === 0 ? ['ops'] : to });
  return world;
}

const deliveries = async ({ system }: AlertWorld) =>
  (await alertDeliveries(system.app.database)).map(({ state, tries, error }) => ({ state, tries, error }));

const isOver = async (world: AlertWorld, name = 'spend') => {
  await world.system.sql('update millrace.view set retired_at = millrace.now() where name = $1', [name]);
  await world.look(LATE);
};

describe('deliverTo', () => {
  test('sends JSON with an id and a signature that a receiver can verify', async () => {
    await using world = await waiting();
    await world.deliver(world.hook.target('ops', { secret: 'keep it secret' }));
    const [sent] = world.hook.received;
    const [delivery] = await alertDeliveries(world.system.app.database);
    const at = Date.parse('2026-01-08T00:00:00Z') / 1_000;
    const v1 = createHmac('sha256', 'keep it secret').update(`${at}.${sent?.body}`).digest('hex');
    expect(sent?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'millrace/0.0.0',
      'millrace-delivery': delivery?.id,
      'millrace-signature': `t=${at},v1=${v1}`,
    });
    expect(delivery).toMatchObject({ state: 'sent', tries: 1, error: null });
  });

  test.each([
    [500, 'it responded with 500 (no)'],
    [503, 'it responded with 503 (no)'],
    [408, 'it responded with 408 (no)'],
    [429, 'it responded with 429 (no)'],
    [401, 'it responded with 401 (no)'],
    [403, 'it responded with 403 (no)'],
    [404, 'it responded with 404 (no)'],
    [410, 'it responded with 410 (no)'],
  ])('retries after %s, with growing delays', async (status, error) => {
    await using world = await waiting();
    world.hook.answer((response) => void response.writeHead(status).end('no'));
    await world.deliver();
    expect(await deliveries(world)).toEqual([{ state: 'pending', tries: 1, error }]);
    await world.setNow('2026-01-08T00:00:09Z');
    await world.deliver();
    expect(world.hook.received).toHaveLength(1);
    await world.setNow('2026-01-08T00:00:10Z');
    await world.deliver();
    expect(world.hook.received).toHaveLength(2);
    await world.setNow('2026-01-08T00:00:29Z');
    await world.deliver();
    expect(world.hook.received).toHaveLength(2);
    world.hook.answer((response) => void response.end());
    await world.setNow('2026-01-08T00:00:30Z');
    await world.deliver();
    expect(await deliveries(world)).toEqual([{ state: 'sent', tries: 3, error: null }]);
    const ids = world.hook.received.map(({ headers }) => headers['millrace-delivery']);
    expect([ids.length, new Set(ids).size]).toEqual([3, 1]);
    expect(new Set(world.hook.received.map(({ body }) => body)).size).toBe(1);
  });

  test.each([
    ['120', '2026-01-08T00:01:59Z', '2026-01-08T00:02:00Z'],
    ['Thu, 08 Jan 2026 00:05:00 GMT', '2026-01-08T00:04:59Z', '2026-01-08T00:05:00Z'],
    ['999999999', '2026-01-08T00:59:59Z', '2026-01-08T01:00:00Z'],
    ['Thu, 08 Jan 2027 00:05:00 GMT', '2026-01-08T00:59:59Z', '2026-01-08T01:00:00Z'],
  ])('respects Retry-After: %s, up to an hour', async (retryAfter, before, then) => {
    await using world = await waiting();
    world.hook.answer(
      (response) =>
        void response.writeHead(429, { 'retry-after': retryAfter, date: 'Thu, 08 Jan 2026 00:00:00 GMT' }).end(),
    );
    await world.deliver();
    await world.setNow(before);
    await world.deliver();
    expect(world.hook.received).toHaveLength(1);
    await world.setNow(then);
    await world.deliver();
    expect(world.hook.received).toHaveLength(2);
  });

  test('gives up a refused message, and logs it once, without the address and the secret', async () => {
    await using world = await waiting();
    world.hook.answer(
      (response, { path }) => void response.writeHead(400).end(`no \u001b[31m${path} with keep it secret here`),
    );
    await world.deliver(world.hook.target('ops', { secret: 'keep it secret' }));
    await world.deliver();
    const error = 'it responded with 400 (no [31m… with … here), so it will not be sent again';
    expect(await deliveries(world)).toEqual([{ state: 'dead', tries: 1, error }]);
    expect(world.log.said.filter(({ event }) => event === 'alert.dead').map(({ facts }) => facts['message'])).toEqual([
      error,
    ]);
  });

  test('follows no redirect', async () => {
    await using world = await waiting();
    world.hook.answer((response) => void response.writeHead(307, { location: '/elsewhere' }).end());
    await world.deliver();
    expect(world.hook.received.map(({ path }) => path)).toEqual(['/hook/T0P5ECRET']);
    expect(await deliveries(world)).toMatchObject([
      {
        state: 'pending',
        error: 'it responded with 307; redirects are not followed: update the URL of the target',
      },
    ]);
  });

  test('limits the time for a response and its body', async () => {
    await using world = await waiting();
    world.hook.answer(() => {});
    await world.deliver(undefined, { timeoutMs: 50 });
    expect(await deliveries(world)).toEqual([
      { state: 'pending', tries: 1, error: 'it did not respond within 0.05 s' },
    ]);
    await world.setNow('2026-01-08T01:00:00Z');
    // The status is enough, however long the body takes.
    world.hook.answer((response) => void response.writeHead(200).write('slow'));
    await world.deliver(undefined, { timeoutMs: 200 });
    expect(await deliveries(world)).toMatchObject([{ state: 'sent', tries: 2 }]);
  });

  test('limits the size of a response', async () => {
    await using world = await waiting();
    const megabyte = 'x'.repeat(1_048_576);
    world.hook.answer((response) => {
      response.writeHead(500);
      const more = () => void (response.destroyed || response.write(megabyte, () => setImmediate(more)));
      more();
    });
    // It would never end.
    await world.deliver(undefined, { timeoutMs: 3_600_000 });
    const [delivery] = await deliveries(world);
    expect(delivery?.error?.length).toBeLessThan(330);
  });

  test('retries after a closed or refused connection, and logs no address', async () => {
    await using world = await waiting();
    world.hook.answer((response) => void response.socket?.destroy());
    await world.deliver();
    expect(await deliveries(world)).toEqual([
      { state: 'pending', tries: 1, error: 'it could not be reached: other side closed' },
    ]);
    await world.hook[Symbol.asyncDispose]();
    await world.setNow('2026-01-08T00:01:00Z');
    await world.deliver();
    expect((await deliveries(world))[0]?.error).toMatch(
      /^it could not be reached: connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
    );
  });

  test('sends a message again, with the same id, if a process was killed between sending and recording', async () => {
    await using world = await waiting();
    const { database } = world.system.app;
    const killed = await claimDelivery(database, 'ops', 30_000);
    await world.deliver();
    expect(world.hook.received).toEqual([]);
    await world.setNow('2026-01-08T00:00:30Z');
    await world.deliver();
    expect(world.hook.received.map(({ headers }) => headers['millrace-delivery'])).toEqual([killed?.id]);
    expect(world.hook.messages()).toEqual([killed?.message]);
  });

  test('skips a message that another process is claiming', async () => {
    await using world = await waiting();
    const { database } = world.system.app;
    await database.transaction(async (session) => {
      await session.run('select 1 from millrace.alert_delivery for update');
      expect(await claimDelivery(database, 'ops', 30_000)).toBeNull();
    });
    expect(await claimDelivery(database, 'ops', 30_000)).toMatchObject({ tries: 1 });
  });

  test('retries at least every quarter of an hour', async () => {
    await using world = await waiting();
    world.hook.answer((response) => void response.writeHead(500).end());
    await world.system.sql('update millrace.alert_delivery set tries = 40');
    await world.deliver();
    await world.setNow('2026-01-08T00:14:59Z');
    await world.deliver();
    expect(world.hook.received).toHaveLength(1);
    await world.setNow('2026-01-08T00:15:00Z');
    await world.deliver();
    expect(world.hook.received).toHaveLength(2);
  });

  test('gives up messages after a day if the alert is over, or if no scheduler knows the target', async () => {
    await using world = await waiting('ops', 'gone');
    world.hook.answer((response) => void response.writeHead(500).end());
    await world.deliver();
    const { database } = world.system.app;
    const given = async () =>
      (await giveUpOld(database, ['ops'])).map(({ target, error }) => `${target}: ${error}`).sort();
    await world.setNow('2026-01-09T00:00:00Z');
    expect(await given()).toEqual([]);
    await world.setNow('2026-01-09T00:00:01Z');
    expect(await given()).toEqual([
      'gone: not sent: no running scheduler has a target with this name in its millrace.yaml',
    ]);
    await isOver(world);
    expect(await given()).toEqual(['ops: it responded with 500']);
    await world.deliver();
    expect(world.heard()).toEqual(['firing spend']);
  });

  test('does not give up a message that is being sent', async () => {
    await using world = await waiting();
    const { database } = world.system.app;
    await world.setNow('2026-01-09T00:00:00Z');
    const sending = await claimDelivery(database, 'ops', 30_000);
    await world.setNow('2026-01-09T00:00:29Z');
    expect(await giveUpOld(database, [])).toEqual([]);
    await world.setNow('2026-01-09T00:00:30Z');
    expect(await giveUpOld(database, [])).toMatchObject([{ id: sending?.id }]);
  });

  test('does not drop a message that is being sent when its firing message did not arrive', async () => {
    await using world = await waiting();
    const { system } = world;
    const { database } = system.app;
    await world.deliver();
    await isOver(world);
    const sending = await claimDelivery(database, 'ops', 30_000);
    await system.apply(view({ name: 'other', end: null, freshnessMs: 1_000 }));
    await world.look({ ...LATE, to: ['pager'] });
    await system.sql(`update millrace.alert_delivery set state = 'dead' where state = 'sent'`);
    world.hook.answer((response) => void response.writeHead(400).end());
    await world.deliver(world.hook.target('pager'));
    if (sending !== null) await recordSent(database, sending);
    expect((await deliveries(world)).map(({ state }) => state)).toEqual(['dead', 'sent', 'dead']);
  });

  test('keeps retrying firing alerts after a day, and those that were resolved in the meantime', async () => {
    await using world = await waiting();
    const { system } = world;
    const { database } = system.app;
    await system.apply(view({ name: 'other', end: null, freshnessMs: 1_000 }));
    await system.sql('delete from millrace.alert; delete from millrace.alert_message');
    await world.look(LATE);
    world.hook.answer((response) => void response.writeHead(404).end());
    await world.deliver();
    await isOver(world, 'other');
    await world.setNow('2026-01-12T00:00:00Z');
    expect(await giveUpOld(database, ['ops'])).toEqual([]);
    world.hook.answer((response) => void response.end());
    await world.deliver();
    expect(world.heard()).toEqual(['firing other,spend', 'firing other,spend', 'resolved other']);
    await isOver(world);
    await world.deliver();
    expect(world.heard().slice(3)).toEqual(['resolved spend']);
  });

  test('sends the messages of a rule in order, with one request to an unavailable target', async () => {
    await using world = await waiting();
    world.hook.answer((response) => void response.writeHead(500).end());
    await world.deliver();
    await isOver(world);
    await world.system.sql('update millrace.view set retired_at = null');
    await world.setNow('2026-01-08T00:00:09Z');
    await world.look({ ...LATE, cooldownMs: 1_000 });
    await world.look(rule({ ...LATE, id: 'another' }), { ...LATE, cooldownMs: 1_000 });
    await world.deliver();
    // The other rule's message is sent in parallel.
    expect(world.hook.messages().map(({ status, rule: of }) => `${status} ${of?.id}`)).toEqual([
      'firing rule_freshness_missed',
      'firing another',
    ]);
    world.hook.answer((response) => void response.end());
    await world.setNow('2026-01-08T00:01:00Z');
    await world.deliver();
    expect(
      world.hook
        .messages()
        .filter(({ rule: of }) => of?.id === LATE.id)
        .map(({ status, at }) => `${status} ${at.slice(11, 19)}`),
    ).toEqual(['firing 00:00:00', 'firing 00:00:00', 'resolved 00:00:00', 'firing 00:00:09']);
  });

  test('does not block other messages behind one that has failed for a day', async () => {
    await using world = await waiting();
    world.hook.answer((response) => void response.writeHead(500).end());
    await world.deliver();
    await world.setNow('2026-01-09T00:00:01Z');
    await world.system.apply(view({ name: 'other', end: null, freshnessMs: 1_000 }));
    await world.look(LATE);
    world.hook.answer((response, { body }) => void response.writeHead(body.includes('"spend"') ? 500 : 200).end());
    await world.deliver();
    expect(world.heard()).toEqual(['firing spend', 'firing spend', 'firing other']);
    expect(await deliveries(world)).toMatchObject([{ state: 'sent' }, { state: 'pending' }]);
  });

  test('sends a resolved message after the firing message, and only to targets that received that', async () => {
    await using world = await waiting();
    world.hook.answer((response) => void response.writeHead(500).end());
    await world.deliver();
    await isOver(world);
    await world.deliver();
    expect(world.heard()).toEqual(['firing spend']);
    await world.setNow('2026-01-08T00:01:00Z');
    world.hook.answer((response) => void response.end());
    await world.deliver();
    expect(world.heard()).toEqual(['firing spend', 'firing spend', 'resolved spend']);

    await using deaf = await waiting();
    deaf.hook.answer((response) => void response.writeHead(500).end());
    await deaf.deliver();
    await isOver(deaf);
    deaf.hook.answer((response) => void response.writeHead(400).end());
    await deaf.setNow('2026-01-08T00:01:00Z');
    await deaf.deliver();
    expect(deaf.heard()).toEqual(['firing spend', 'firing spend']);
    expect((await deliveries(deaf)).map(({ state, error }) => `${state}: ${error}`)).toEqual([
      'dead: its firing message did not arrive',
      'dead: it responded with 400, so it will not be sent again',
    ]);
  });

  slowTest('does not let a hanging target block another', async () => {
    await using world = await waiting('ops', 'pager');
    world.hook.answer((response, { headers }) => {
      if (headers['millrace-signature'] !== undefined) response.end();
    });
    const hanging = world.deliver(world.hook.target('ops'), { timeoutMs: 2_000 });
    await world.deliver(world.hook.target('pager', { secret: 'x' }));
    const pending = (await alertDeliveries(world.system.app.database)).map(({ target, state }) => `${target} ${state}`);
    expect(pending).toEqual(['ops pending', 'pager sent']);
    await Promise.race([hanging, wait(0)]);
    world.hook.answer((response) => void response.end());
    await hanging;
  });
});
