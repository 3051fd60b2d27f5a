import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { startMillrace } from '../cli/world.ts';
import { until } from '../support/until.ts';

const QUICKSTART = fileURLToPath(new URL('../../src/quickstart/quickstart.ts', import.meta.url));
/** Far more than it takes on an idle machine. */
const QUICKSTART_MS = 300_000;
const BUILD = /^ *npx millrace (dataset build reorders .*)$/m;
const CURL = /^ *(curl -s http:\/\/\S+)$/m;
const DASHBOARD = /in a browser: (http:\/\/127\.0\.0\.1:\d+)\n/;

describe('quickstart --stay', () => {
  test('serves the dashboard, the API and the training set of its shop until Ctrl-C', {
    timeout: 2 * QUICKSTART_MS,
  }, async () => {
    const started = spawn(process.execPath, [QUICKSTART, '--stay'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(started, 'close');
    let stdout = '';
    started.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    await until(() => DASHBOARD.test(stdout) || started.exitCode !== null, QUICKSTART_MS);
    const page = await fetch(DASHBOARD.exec(stdout)?.[1] ?? 'about:blank');
    expect({ status: page.status, text: await page.text() }).toEqual({
      status: 200,
      text: expect.stringContaining('customer_spend_30d'),
    });
    await until(() => BUILD.test(stdout) && CURL.test(stdout));
    const [, line = ''] = CURL.exec(stdout) ?? [];
    const read = await promisify(execFile)('sh', ['-c', line]);
    expect(JSON.parse(read.stdout)).toMatchObject({
      entity: 'customer',
      id: '1',
      features: { 'customer_orders:order_amount': { value: expect.any(Number), status: 'present' } },
    });
    const [, words = ''] = BUILD.exec(stdout) ?? [];
    const built = await startMillrace(tmpdir(), words).ended;
    expect(built).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^built {2}reorders: [\d,]+ rows/m) });
    started.kill('SIGINT');
    await closed;
    expect(stdout).toMatch(/\nStopped\. All servers and data have been removed\.\n$/);
  });
});
