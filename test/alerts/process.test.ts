import { describe, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import type { Alerting } from '../../src/processes/alerting.ts';
import { startProjectScheduler } from '../../src/processes/processes.ts';
import { askRedis } from '../../src/servers/redis-inline.ts';
import { startRedis } from '../../src/servers/servers.ts';
import { settingsOf } from '../../src/settings.ts';
import { alertDeliveries, firingAlerts } from '../../src/state/alerts/overview.ts';
import { appliedViews } from '../../src/state/views/views.ts';
import { FAST, keptLog } from '../queue/world.ts';
import { changeViews } from '../support/change-views.ts';
import { slowTest } from '../support/sample.ts';
import { PATIENCE_MS, until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';
import { startWebhook, type Webhook } from './webhook.ts';
import { rule } from './world.ts';

const LATE = view({ end: null, freshnessMs: 1_000 });
const QUICK = { lookMs: 30, sendMs: 20, timeoutMs: 5_000 };

const alerting = (hook: Webhook, extra: Partial<Alerting> = {}): Alerting => ({
  sender: { project: 'shop', dashboardUrl: null },
  rules: [rule({ when: 'freshness_missed' })],
  targets: [hook.target('ops')],
  ...extra,
});

const appAt = ({ app }: World, queueUrl: string, alerts = QUICK): App => ({
  ...app,
  settings: settingsOf({ ...app.settings, queue: { ...FAST, deadlineMs: 1_000 }, alerts }),
  log: keptLog(),
  connections: { ...app.connections, queue: { url: queueUrl, prefix: 'millrace' } },
});

const start = (app: App, views: readonly FeatureView[], alerting: Alerting) =>
  startProjectScheduler(app, { views, jobs: [] }, { version: '0', alerting });

const statuses = (hook: Webhook) => hook.messages().map(({ status, total }) => `${status} ${total}`);

const setFreshness = (world: World, freshnessMs: number | null) =>
  changeViews(world.app.database, null, { freshnessMs });

describe('startProjectScheduler', () => {
  slowTest('sends firing and resolved alerts while Redis is down', async () => {
    await using redis = await startRedis();
    await using hook = await startWebhook();
    await using world = await openWorld();
    const app = appAt(world, redis.url);
    await using _scheduler = await start(app, [{ ...LATE, freshnessMs: null }], alerting(hook));
    await until(async () => (await appliedViews(app.database)).length === 1);
    await redis.stop();
    await setFreshness(world, 1_000);
    await until(() => hook.received.length === 1);
    await setFreshness(world, null);
    await until(() => hook.received.length === 2);
    expect(statuses(hook)).toEqual(['firing 1', 'resolved 1']);
  });

  test('sends alerts before it gives up if Redis is down at its start', async () => {
    await using redis = await startRedis();
    await redis.stop();
    await using hook = await startWebhook();
    await using world = await openWorld();
    await world.apply(LATE);
    const starting = start(appAt(world, redis.url), [LATE], alerting(hook));
    await expect(starting).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    expect(statuses(hook)).toEqual(['firing 1']);
  });

  test('sends alerts while it is paused because its Redis is unsafe', async () => {
    await using redis = await startRedis();
    await using hook = await startWebhook();
    await using world = await openWorld();
    const app = appAt(world, redis.url);
    const log = keptLog();
    await using _scheduler = await start({ ...app, log }, [{ ...LATE, freshnessMs: null }], alerting(hook));
    await until(async () => (await appliedViews(app.database)).length === 1);
    await askRedis(redis.url, ['config set maxmemory-policy allkeys-lru']);
    await until(() => log.said.some(({ event }) => event === 'process.unsafe'));
    await setFreshness(world, 1_000);
    await until(() => hook.received.length === 1);
  });

  test('sends alerts once with two schedulers, and continues when one of them stops', async () => {
    await using redis = await startRedis();
    await using hook = await startWebhook();
    await using world = await openWorld();
    const both = [appAt(world, redis.url), appAt(world, redis.url)];
    const [first, second] = await Promise.all(both.map((app) => start(app, [LATE], alerting(hook))));
    await until(() => hook.received.length === 1);
    await first?.[Symbol.asyncDispose]();
    await setFreshness(world, null);
    await until(() => hook.received.length === 2);
    await second?.[Symbol.asyncDispose]();
    expect(statuses(hook)).toEqual(['firing 1', 'resolved 1']);
  });

  test('keeps checking and running while a webhook hangs', async () => {
    await using redis = await startRedis();
    await using hook = await startWebhook();
    await using world = await openWorld();
    hook.answer(() => {});
    await world.sql('create table spend (entity_id text, value float8)');
    await world.apply(LATE);
    const done = view({ name: 'other' });
    // On a busy machine, the first attempt must not end before the test does.
    const app = appAt(world, redis.url, { ...QUICK, timeoutMs: PATIENCE_MS });
    await using _scheduler = await start(app, [LATE, done], alerting(hook));
    await until(() => hook.received.length === 1);
    await until(async () => (await appliedViews(world.app.database)).length === 2);
    expect((await world.materialize('other')).map(({ kind }) => kind)).toEqual(['completed', 'completed']);
    await setFreshness(world, null);
    await until(async () => (await firingAlerts(world.app.database)).total === 0);
    expect(hook.received).toHaveLength(1);
  });

  test('keeps retrying alerts that could not be sent for a day, to known targets', async () => {
    await using redis = await startRedis();
    await using hook = await startWebhook();
    await using world = await openWorld();
    hook.answer((response) => void response.writeHead(404).end());
    await using _scheduler = await start(appAt(world, redis.url), [LATE], alerting(hook));
    await until(() => hook.received.length === 1);
    await world.sql(`update millrace.alert_message set at = at - interval '2 days'`);
    await world.sql(
      `insert into millrace.alert_delivery (message_id, target) select id, 'gone' from millrace.alert_message`,
    );
    const states = async () =>
      (await alertDeliveries(world.app.database)).map(({ target, state }) => `${target} ${state}`);
    await until(async () => (await states()).includes('gone dead'));
    expect(await states()).toEqual(['gone dead', 'ops pending']);
  });
});
