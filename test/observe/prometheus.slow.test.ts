// A real Prometheus scrapes a scheduler, two workers, the dashboard and the API; promtool checks their output.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PANELS } from '../../scripts/monitoring.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { openCommandWorld, SPEND } from '../cli/world.ts';
import { until } from '../support/until.ts';

const [PROMETHEUS, PROMTOOL] = ['/usr/bin/prometheus', '/usr/bin/promtool'];
const RULES = new URL('../../deploy/prometheus/millrace.rules.yaml', import.meta.url);
const HOST = '127.0.0.1';

const isThere = existsSync(PROMETHEUS) && existsSync(PROMTOOL);
if (!isThere) process.stdout.write('No prometheus was found: the test that it reads our metrics is left out.\n');

type Answer = { readonly status: string; readonly data: { readonly result: readonly { readonly metric: object }[] } };

/** Starts a Prometheus over these ports; returns a query function. */
async function startPrometheus(ports: readonly number[]): Promise<(query: string) => Promise<Answer>> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-prometheus-'));
  const port = await freePort();
  const targets = ports.map((one) => `${HOST}:${one}`);
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['millrace.rules.yaml'],
    scrape_configs: [{ job_name: 'millrace', static_configs: [{ targets }] }],
  };
  await copyFile(RULES, join(folder, 'millrace.rules.yaml'));
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const args = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
  const child = spawn(PROMETHEUS, [...args, `--web.listen-address=${HOST}:${port}`], { stdio: 'ignore' });
  onTestFinished(async () => {
    child.kill();
    await once(child, 'exit');
    await rm(folder, { recursive: true, force: true });
  });
  const ask = async (query: string): Promise<Answer> => {
    const response = await fetch(`http://${HOST}:${port}/api/v1/query?${new URLSearchParams({ query })}`);
    return (await response.json()) as Answer; // as its documentation says
  };
  await until(async () => (await ask('up').catch(() => null))?.status === 'success');
  return ask;
}

function promtool(words: readonly string[], input = ''): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(PROMTOOL, words, { input, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

test.skipIf(!isThere)('Prometheus reads every process, and every panel has an answer', async () => {
  const world = await openCommandWorld({
    'features/broken.yaml': SPEND.replace('name: spend', 'name: broken').replace('value,', 'nothing as value,'),
  });
  const ports = [await freePort(), await freePort(), await freePort(), await freePort(), await freePort()];
  const [scheduler, first, second, dashboard, api] = ports;
  const started = [
    world.start(`scheduler --health-port ${scheduler}`),
    world.start(`worker --health-port ${first}`),
    world.start(`worker --health-port ${second}`),
    world.start(`dashboard --port ${dashboard}`),
    world.start(`api --port ${api}`),
  ];
  onTestFinished(async () => {
    for (const process of started) process.kill('SIGTERM');
    await Promise.all(started.map(({ ended }) => ended));
  });
  const ask = await startPrometheus(ports);
  await until(
    async () =>
      (await ask('sum(up)')).data.result.length === 1 && (await ask('up == 1')).data.result.length === ports.length,
  );
  expect((await world.millrace('run spend')).code).toBe(0);
  await world.millrace('run broken');

  const has = async (expr: string) => {
    const { status, data } = await ask(expr.replaceAll('$__rate_interval', '1m'));
    expect({ expr, status }).toEqual({ expr, status: 'success' });
    return data.result.length > 0;
  };
  await until(() => has('millrace_view_rows{view="spend"} == 4'));
  // The second request is not allowed without a token.
  for (const path of ['online', 'views/spend/rows']) {
    const body = JSON.stringify({ features: ['spend'], entities: { customer: ['ada'] } });
    const headers = { 'content-type': 'application/json' };
    await fetch(`http://${HOST}:${api}/api/v1/${path}`, { method: 'POST', headers, body });
  }
  for (const { expr } of PANELS) await until(() => has(expr));
  // The first failure of a view is counted, and fires the alert.
  const failures = PANELS.find(({ title }) => title.startsWith('Failures'))?.expr ?? '';
  await until(() => has(`(${failures}) > 0`));
  await until(() => has('ALERTS{alertname="MillraceRunsFail",alertstate="firing",view="broken",code="SOURCE_QUERY"}'));
  expect((await ask('sum(millrace_runs_total{outcome="completed"})')).data.result).toMatchObject([
    { value: [expect.any(Number), '2'] },
  ]);
  // Two units, both covered: nothing is missing.
  expect((await ask('sum(millrace_view_units{view="spend"})')).data.result).toMatchObject([
    { value: [expect.any(Number), '0'] },
  ]);

  for (const port of ports) {
    const response = await fetch(`http://${HOST}:${port}/metrics`);
    const text = await response.text();
    expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, output: '' });
    // Only the elected scheduler has gauges of views.
    expect(/^millrace_view_rows\{/m.test(text)).toBe(port === scheduler);
  }
  expect(promtool(['check', 'rules', RULES.pathname])).toMatchObject({ status: 0 });
});

test.skipIf(!isThere)('--no-metrics answers nothing', async () => {
  const world = await openCommandWorld();
  const port = await freePort();
  const worker = world.start(`worker --health-port ${port} --no-metrics`);
  onTestFinished(async () => {
    worker.kill('SIGTERM');
    await worker.ended;
  });
  const statusOf = async (path: string) => (await fetch(`http://${HOST}:${port}${path}`).catch(() => null))?.status;
  await until(async () => (await statusOf('/health/ready')) === 200);
  expect(await statusOf('/metrics')).toBe(404);
});
