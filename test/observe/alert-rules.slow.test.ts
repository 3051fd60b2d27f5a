// When the rules of deploy/prometheus/ fire, evaluated by Prometheus itself: promtool test rules.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RULES } from '../../scripts/monitoring.ts';

const PROMTOOL = '/usr/bin/promtool';
const RULES_FILE = new URL('../../deploy/prometheus/millrace.rules.yaml', import.meta.url).pathname;

const isThere = existsSync(PROMTOOL);
if (!isThere) process.stdout.write('No promtool was found: the tests of the alert rules are left out.\n');

/** Samples, one per minute, in the notation of promtool: `_` is no sample, `1x5` repeats. */
type Series = Readonly<Record<string, string>>;
type Expected = { readonly at: string; readonly fires: readonly Readonly<Record<string, string>>[] };

const TARGET = 'job="millrace",instance="a"';
const OTHER = 'job="millrace",instance="b"';

/** Expects that the alert fires, for these labels, at each of these times. */
async function expectAlert(alert: string, input: Series, expected: readonly Expected[]): Promise<void> {
  const rule = RULES.find((one) => one.alert === alert);
  if (rule === undefined) throw new Error(`there is no rule ${alert}`);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-rules-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const alerts = expected.map(({ at, fires }) => ({
    eval_time: at,
    alertname: alert,
    exp_alerts: fires.map((labels) => ({
      exp_labels: { job: 'millrace', severity: rule.severity, ...labels },
      exp_annotations: { summary: filledIn(rule.summary, labels) },
    })),
  }));
  const series = Object.entries(input).map(([name, values]) => ({ series: name, values }));
  const tests = [{ interval: '1m', input_series: series, alert_rule_test: alerts }];
  const file = join(folder, 'test.yaml');
  await writeFile(file, JSON.stringify({ rule_files: [RULES_FILE], evaluation_interval: '1m', tests }));
  const { status, stdout, stderr } = spawnSync(PROMTOOL, ['test', 'rules', file], { encoding: 'utf8' });
  expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' });
}

function filledIn(summary: string, labels: Readonly<Record<string, string>>): string {
  return summary
    .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? 'millrace')
    .replace('{{ $value }}', '2');
}

describe.skipIf(!isThere)('MillraceRunsFail', () => {
  const failed = (target: string) =>
    `millrace_runs_total{${target},view="spend",outcome="discarded",code="SOURCE_QUERY"}`;
  const FIRES = [{ view: 'spend', code: 'SOURCE_QUERY' }];

  test('fires for the first failure of a view, for an hour', () =>
    expectAlert('MillraceRunsFail', { [failed(TARGET)]: '_x10 1x200' }, [
      { at: '9m', fires: [] },
      { at: '11m', fires: FIRES },
      { at: '65m', fires: FIRES },
      { at: '75m', fires: [] },
    ]));

  test('fires for a later failure', () =>
    expectAlert('MillraceRunsFail', { [failed(TARGET)]: '3x150 4x10' }, [
      { at: '149m', fires: [] },
      { at: '152m', fires: FIRES },
    ]));

  test('does not fire for earlier failures after a gap in the scrapes', () =>
    expectAlert('MillraceRunsFail', { [failed(TARGET)]: '3x120 _x30 3x200' }, [
      { at: '155m', fires: [] },
      { at: '190m', fires: [] },
      { at: '215m', fires: [] },
    ]));

  test('fires once for failures in two workers', () =>
    expectAlert('MillraceRunsFail', { [failed(TARGET)]: '_x9 1x20', [failed(OTHER)]: '_x12 1x20' }, [
      { at: '15m', fires: FIRES },
    ]));
});

describe.skipIf(!isThere)('MillraceErrors', () => {
  test('fires for the first error of a process, but not for failed runs', () =>
    expectAlert(
      'MillraceErrors',
      {
        [`millrace_problems_total{${TARGET},level="error",event="alert.dead"}`]: '_x4 1x40',
        [`millrace_problems_total{${TARGET},level="error",event="run.discarded"}`]: '_x4 1x40',
        [`millrace_problems_total{${TARGET},level="warn",event="run.failed"}`]: '_x4 1x40',
      },
      [
        { at: '6m', fires: [{ event: 'alert.dead' }] },
        { at: '30m', fires: [] },
      ],
    ));
});

describe.skipIf(!isThere)('the rules for gauges', () => {
  const HELD = 'MillraceViewHeld';
  const held = (target: string) => `millrace_view_units{${target},view="spend",state="held"}`;

  test('keep counting while another scheduler is elected', () =>
    expectAlert(HELD, { [held(TARGET)]: '2x3 stale', [held(OTHER)]: '_x3 2x10' }, [
      { at: '4m', fires: [] },
      { at: '6m', fires: [{ view: 'spend' }] },
    ]));

  test('compare the freshness of a view with its own limit, also if two schedulers report it for a moment', () =>
    expectAlert(
      'MillraceViewStale',
      {
        [`millrace_view_freshness_seconds{${TARGET},view="spend"}`]: '7200x10',
        [`millrace_view_freshness_seconds{${OTHER},view="spend"}`]: '7200x10',
        [`millrace_view_freshness_limit_seconds{${TARGET},view="spend"}`]: '3600x10',
        [`millrace_view_freshness_limit_seconds{${OTHER},view="spend"}`]: '3600x10',
        [`millrace_view_freshness_seconds{${TARGET},view="daily"}`]: '7200x10',
        [`millrace_view_freshness_limit_seconds{${TARGET},view="daily"}`]: '86400x10',
        [`millrace_view_freshness_seconds{${TARGET},view="unlimited"}`]: '7200x10',
      },
      [{ at: '6m', fires: [{ view: 'spend' }] }],
    ));

  test('say that they are out of date when the state cannot be read', () =>
    expectAlert(
      'MillraceStateNotRead',
      { [`millrace_state_collected_timestamp_seconds{${TARGET}}`]: '0+60x10 600x10' },
      [
        { at: '10m', fires: [] },
        { at: '14m', fires: [{}] },
      ],
    ));

  test('know that no worker is left', () =>
    expectAlert('MillraceNoWorker', { [`millrace_processes{${TARGET},kind="worker"}`]: '2x3 0x10' }, [
      { at: '3m', fires: [] },
      { at: '7m', fires: [{}] },
    ]));
});

test.skipIf(!isThere)('MillraceNoScheduler fires if none is elected, or none is left', async () => {
  const elected = `millrace_scheduler_elected{${TARGET}}`;
  // `absent` has no label job.
  const folder = await mkdtemp(join(tmpdir(), 'millrace-rules-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const query = { expr: 'ALERTS{alertname="MillraceNoScheduler",alertstate="firing"}', eval_time: '8m' };
  const fires = { labels: '{__name__="ALERTS",alertname="MillraceNoScheduler",alertstate="firing",severity="page"}' };
  const tests = ['1x3 0x10', '1x3 stale'].map((values) => ({
    interval: '1m',
    input_series: [{ series: elected, values }],
    promql_expr_test: [{ ...query, exp_samples: [{ ...fires, value: 1 }] }],
  }));
  const file = join(folder, 'test.yaml');
  await writeFile(file, JSON.stringify({ rule_files: [RULES_FILE], evaluation_interval: '1m', tests }));
  const { status, stdout, stderr } = spawnSync(PROMTOOL, ['test', 'rules', file], { encoding: 'utf8' });
  expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' });
});
