// Alerts about views that were redacted after the error, and after the message was written: no delivered message and no
// log line quotes a value, regardless of the failure code and of the words around the value.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AlertFormat, AlertRule } from '../../src/definition/alert.ts';
import { NAMED_MAX } from '../../src/definition/reference/alert-message.ts';
import { plantSecrets, redactPlanted } from '../support/plant-secrets.ts';
import { PLANTED, planted, SECRETS, secretsIn } from '../support/planted-secret.ts';
import { type AlertWorld, openAlertWorld, rule } from './world.ts';

let world: AlertWorld;

beforeAll(async () => {
  world = await openAlertWorld();
  await plantSecrets(world.system);
});
afterAll(() => world[Symbol.asyncDispose]());

/** Sends everything that is due, and returns the received requests. */
async function delivered(format: AlertFormat = 'json'): Promise<string[]> {
  const before = world.hook.received.length;
  await world.deliver(world.hook.target('ops', { format }));
  return world.hook.received.slice(before).map(({ body }) => body);
}

async function deliverAgain(): Promise<void> {
  await world.system.sql(`update millrace.alert_delivery set state = 'pending', tries = 0, closed_at = null`);
}

/** Rules about all failed and all paused views: a message names at most 20 views, each with its text. */
function rulesOf(name: string): AlertRule[] {
  const groups = [...Map.groupBy(PLANTED, ({ place }) => Math.floor(place / NAMED_MAX)).entries()];
  return groups.flatMap(([group, all]) => [
    rule({ id: `${name}_${group}`, views: all.map((one) => planted.failed(one).view) }),
    rule({ id: `${name}_held_${group}`, when: 'intervals_held', views: all.map((one) => planted.failed(one).view) }),
    rule({ id: `${name}_open_${group}`, when: 'circuit_open', views: all.map((one) => planted.paused(one).view) }),
  ]);
}

const RULES = rulesOf('any').length;

async function storedAlerts(): Promise<string> {
  const rows = await world.system.sql(
    `select a.facts::text, m.body::text from millrace.alert a
       join millrace.alert_message m on m.id in (a.firing_message, a.resolved_message) where a.resolved_at is null`,
  );
  return JSON.stringify(rows);
}

describe('a delivered alert', () => {
  test('quotes the error of a view that is not redacted', async () => {
    await redactPlanted(world.system, false);
    const sent = await delivered();
    expect([sent.length, secretsIn(sent.join())]).toEqual([PLANTED.length, SECRETS]);
  });

  test.each(['json', 'slack'] as const)('has no value if the view is redacted by now: %s', async (format) => {
    await redactPlanted(world.system, true);
    await deliverAgain();
    const sent = await delivered(format);
    expect([sent.length, secretsIn(sent.join())]).toEqual([PLANTED.length, []]);
    expect(sent.filter((body) => !body.includes('[redacted]'))).toEqual([]);
  });

  test('has no value if the view is redacted between the check of its rule and the delivery', async () => {
    await redactPlanted(world.system, false);
    await world.look(...rulesOf('before'));
    expect(secretsIn(await storedAlerts())).toEqual(SECRETS);
    await redactPlanted(world.system, true);
    const sent = await delivered();
    // Also that the alerts of the earlier rules have ended.
    expect([sent.length, secretsIn(sent.join())]).toEqual([RULES + RULES / 3, []]);
  });

  test('has no value if the view was redacted before, and nothing else is stored', async () => {
    await redactPlanted(world.system, true);
    await world.look(...rulesOf('after'));
    const sent = await delivered();
    expect([sent.length, secretsIn(sent.join())]).toEqual([2 * RULES, []]);
    expect(secretsIn(await storedAlerts())).toEqual([]);
  });

  test('leaves no value in the log', () => {
    expect(secretsIn(JSON.stringify(world.log.said))).toEqual([]);
    expect(world.log.said.filter(({ event }) => event === 'alert.sent').length).toBeGreaterThan(RULES);
  });
});
