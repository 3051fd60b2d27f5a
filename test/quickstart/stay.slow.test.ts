import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startMillrace } from '../cli/world.ts';
import { until } from '../support/until.ts';

const QUICKSTART = fileURLToPath(new URL('../../src/quickstart/quickstart.ts', import.meta.url));
const BUILD = /^ *npx millrace (dataset build reorders .*)$/m;
const DASHBOARD = /in a browser: (http:\/\/127\.0\.0\.1:\d+)\n/;

describe('quickstart --stay', () => {
  test('serves the dashboard and the training set of its shop until Ctrl-C', async () => {
    const started = spawn(process.execPath, [QUICKSTART, '--stay'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(started, 'close');
    let stdout = '';
    started.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    await until(() => DASHBOARD.test(stdout) || started.exitCode !== null);
    const page = await fetch(DASHBOARD.exec(stdout)?.[1] ?? 'about:blank');
    expect({ status: page.status, text: await page.text() }).toEqual({
      status: 200,
      text: expect.stringContaining('customer_spend_30d'),
    });
    await until(() => BUILD.test(stdout));
    const [, words = ''] = BUILD.exec(stdout) ?? [];
    const built = await startMillrace(tmpdir(), words).ended;
    expect(built).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^built {2}reorders: [\d,]+ rows/m) });
    started.kill('SIGINT');
    await closed;
    expect(stdout).toMatch(/\nStopped\. All servers and data have been removed\.\n$/);
  });
});
