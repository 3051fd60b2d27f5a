// Stores the failures of planted-secret.ts as rows about runs that were written before their views were redacted.

import { randomUUID } from 'node:crypto';
import { FAILURES } from '../../src/core/failure.ts';
import { value } from '../../src/core/message.ts';
import { type AlertMessage, NAMED_MAX } from '../../src/definition/reference/alert-message.ts';
import { changeViews } from './change-views.ts';
import { PLANTED, type Planted, planted } from './planted-secret.ts';
import { at, feature, view } from './views.ts';
import type { World } from './world.ts';

/** Adds all of them to a world without views, as rows of views that are not redacted. */
export async function plantSecrets(world: World): Promise<void> {
  const { many, stored } = planted;
  await world.apply(
    view({
      name: many.view,
      end: dayAt(1),
      features: [feature('value', 'string')],
      query: "select '1' as entity_id, (1 / 0)::text as value, {{end}} as timestamp",
    }),
  );
  await world.materialize(many.view, { attempts: 1 });
  await changeViews(world.app.database, many.view, { end: dayAt(PLANTED.length) });
  const template = await templateRows(world);
  const views = PLANTED.flatMap((one) => [planted.failed(one), planted.waiting(one), planted.paused(one)]);
  await insert(
    world,
    'view',
    [...views, { view: stored.view, id: stored.id }].map((one) => viewRow(template.view, one)),
  );
  for (const one of PLANTED) {
    const { id } = planted.paused(one);
    await world.sql(
      `update millrace.view set paused_kind = 'circuit', paused_facts = $1, paused_at = millrace.now(), failed_in_a_row = 5 where id = $2`,
      [circuitOf(one, id), id],
    );
  }
  await insert(
    world,
    'run',
    PLANTED.flatMap((one) => runRows(template, one)),
  );
  await insert(world, 'coverage', coverageRows(template));
  await insert(
    world,
    'quarantine',
    PLANTED.map((one) => refusedRow(template, one)),
  );
  await insertBackfills(world, template);
  await insertAlerts(world);
}

/** Redacts all views, or none. */
export async function redactPlanted({ sql }: World, redacted: boolean): Promise<void> {
  await sql(
    `update millrace.view set redacted = $1::boolean, spec = spec || jsonb_build_object('redacted', $1::boolean)`,
    [redacted],
  );
}

type Row = Readonly<Record<string, unknown>>;
type Template = { readonly view: Row; readonly run: Row; readonly coverage: Row };

async function templateRows({ sql }: World): Promise<Template> {
  const [row] = await sql(
    `select to_jsonb(v) as view, to_jsonb(r) as run, to_jsonb(c) as coverage
       from millrace.view v join millrace.run r on r.view_id = v.id join millrace.coverage c on c.view_id = v.id`,
  );
  return row as Template; // of the only run
}

async function insert({ sql }: World, table: string, rows: readonly Row[]): Promise<void> {
  await sql(
    `insert into millrace.${table} overriding system value
     select (jsonb_populate_record(null::millrace.${table}, one)).* from jsonb_array_elements($1::jsonb) one`,
    [JSON.stringify(rows)],
  );
}

function dayAt(day: number) {
  return at(new Date(Date.UTC(2026, 0, 1 + day)).toISOString());
}

function days(from: number, to: number): string {
  return `[${new Date(dayAt(from)).toISOString()},${new Date(dayAt(to)).toISOString()})`;
}

const NOW = '2026-01-01T00:00:00Z';

function viewRow(template: Row, { view: name, id }: { readonly view: string; readonly id: number }): Row {
  return { ...template, id, name, failed_in_a_row: 1, spec: { ...(template['spec'] as object), name } }; // a JSON object
}

/** As errors are stored; those of earlier releases have no parts. */
function errorOf({ code, wording, text }: Planted): Row {
  const { owner } = FAILURES[code];
  return { code, owner, message: text, ...(typeof wording === 'string' ? {} : { parts: wording }) };
}

function circuitOf({ code, wording }: Planted, run: number): string {
  const message = typeof wording === 'string' ? value(wording) : wording;
  return JSON.stringify({ runs: 5, run, code, message });
}

function runRows({ run, view: many }: Template, one: Planted): Row[] {
  const { code, place, text } = one;
  const span = days(place, place + 1);
  const stop = { at: NOW, attempt: 1, stage: 'extract', ms: 1 };
  const wait = { kind: 'text', facts: { text } };
  const history = [
    { at: NOW, what: 'claimed', attempt: 1, owner: 'test' },
    { at: NOW, what: 'snoozed', why: wait, times: 1, until: null },
    { what: 'interrupted', why: wait, ...stop },
    { what: 'failed', code, message: text, until: NOW, ...stop },
    { what: 'closed', state: 'failed', code, message: text, ...stop },
  ];
  const check = { kind: 'row', expression: "value <> ''", onFailure: 'warn', atLeast: 1 };
  const examples = [{ entityId: text, timestamp: NOW, values: { value: text } }];
  const checks = [{ check, state: 'broken', facts: { kind: 'rows', broken: 1, rows: 2 }, examples }];
  const nothing = { nulls: 0, mean: null, deviation: null, quantiles: null, histogram: null, distinct: 1 };
  const profile = { rows: 2, sampled: 2, features: { value: { ...nothing, min: text, max: text, top: [[text, 2]] } } };
  const failed = { ...run, reason: 'schedule', notes: [text], error: errorOf(one), history, checks, profile };
  const waiting = { ...failed, state: 'planned', closed_at: null, owner: null, history: history.slice(0, 4) };
  const kind = place % 2 === 0 ? wait : { kind: 'retry', facts: { code } };
  const committed = { ...failed, state: 'done', stage: 'done', error: null, committed_at: run['closed_at'] };
  const [single, open, paused] = [planted.failed(one).id, planted.waiting(one).id, planted.paused(one).id];
  return [
    { ...failed, id: planted.many.run(one), view_id: many['id'], span },
    { ...failed, id: single, view_id: single, span: days(0, 1) },
    { ...waiting, id: open, view_id: open, span: days(0, 1), waiting_for: kind, attempt: 1 },
    { ...failed, id: paused, view_id: paused, span: days(0, 1) },
    { ...committed, id: planted.stored.run(one), view_id: planted.stored.id, span },
  ];
}

function coverageRows({ coverage }: Template): Row[] {
  const [all, first] = [`{${days(0, PLANTED.length)}}`, `{${days(0, 1)}}`];
  return [
    { ...coverage, view_id: planted.stored.id, held: '{}', covered: all, published: all, rows: 2 },
    ...PLANTED.flatMap((one) => [
      { ...coverage, view_id: planted.failed(one).id, held: first },
      { ...coverage, view_id: planted.waiting(one).id, held: '{}' },
      { ...coverage, view_id: planted.paused(one).id, held: first },
    ]),
  ];
}

function refusedRow({ view: many }: Template, one: Planted): Row {
  const { place, text } = one;
  const row = { entity_id: '7', value: text };
  const of = { view_id: many['id'], run_id: planted.many.run(one) };
  return { id: 1_000 + place, ...of, reason: 'VALUE_INVALID', field: 'value', detail: text, row, at: NOW };
}

async function insertBackfills(world: World, { view: many }: Template): Promise<void> {
  const asked = {
    mode: 'all',
    parallel: 1,
    newest_first: false,
    expired: false,
    options: {},
    skipped: [],
    asked_by: 'ada',
    asked_at: NOW,
  };
  await world.sql(`update millrace.coverage set held = $1 where view_id = $2`, [
    `{${days(0, PLANTED.length)}}`,
    many['id'],
  ]);
  const chunk = (backfill: number, place: number, run: number) => ({
    backfill_id: backfill,
    place,
    span: days(place, place + 1),
    run_id: run,
    again: false,
  });
  const of = { view_id: many['id'], state: 'partial', closed_at: NOW, range: days(0, PLANTED.length) };
  await insert(world, 'backfill', [
    { ...asked, id: planted.many.backfill, ...of },
    ...PLANTED.map((one) => {
      const { id } = planted.failed(one);
      const paused = { paused_kind: 'circuit', paused_facts: JSON.parse(circuitOf(one, id)) };
      return { ...asked, id, view_id: id, range: days(0, 1), state: 'paused', ...paused };
    }),
  ]);
  await insert(world, 'backfill_chunk', [
    ...PLANTED.map((one) => chunk(planted.many.backfill, one.place, planted.many.run(one))),
    ...PLANTED.map((one) => chunk(planted.failed(one).id, 0, planted.failed(one).id)),
  ]);
}

/** A firing alert about each failed view, and its message, which was not delivered yet; a few rules have all of them. */
async function insertAlerts(world: World): Promise<void> {
  const alerts = PLANTED.map((one) => {
    const { id, view: name } = planted.failed(one);
    const rule = `planted_${Math.floor(one.place / NAMED_MAX)}`;
    const what = `The last run of ${name} failed: ${one.text}`;
    const about = { name, since: NOW, until: null, what, run: id, lagMs: null, refusedShare: null, link: null };
    const body: AlertMessage = {
      version: 1,
      id: randomUUID(),
      status: 'firing',
      at: NOW,
      project: 'shop',
      rule: { id: rule, when: 'run_failed' },
      ended: null,
      summary: what,
      total: 1,
      views: [about],
      link: null,
    };
    return { id, rule, body, facts: { run: id, failures: 1, error: errorOf(one) } };
  });
  await insert(
    world,
    'alert_message',
    alerts.map(({ id, rule, body }) => ({ id, rule, status: 'firing', body, at: NOW })),
  );
  await insert(
    world,
    'alert_delivery',
    alerts.map(({ id }) => ({
      id: randomUUID(),
      message_id: id,
      target: 'ops',
      state: 'pending',
      tries: 0,
      not_before: NOW,
    })),
  );
  await insert(
    world,
    'alert',
    alerts.map(({ id, rule, facts }) => ({
      id,
      rule,
      kind: 'run_failed',
      view_id: id,
      since: NOW,
      began_at: NOW,
      told_at: NOW,
      firing_message: id,
      facts,
    })),
  );
}
