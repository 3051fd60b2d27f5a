// The image of the Dockerfile, built here and started like in Compose.

import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { initProject } from '../../src/init/init.ts';
import { freePort } from '../../src/servers/free-port.ts';
import { buildImage, type Image, type Started, startInImage } from '../support/image/image.ts';
import { missingImageTools } from '../support/image/image-tools.ts';
import { freshDatabase, freshRedis } from '../support/servers.ts';
import { until } from '../support/until.ts';

const MINUTE_MS = 60_000;

/** Writes as root to the folders of the image and the project. */
const WRITE = `
  for (const path of ['/app/new', '/etc/new', '/project/new'])
    try { require('node:fs').writeFileSync(path, ''); console.log(path, 'was written'); }
    catch (error) { console.log(path, error.code); }
`;

describe.skipIf(missingImageTools().length > 0)('the image', () => {
  let image: Image & Disposable;
  let project: string;
  let urls: Readonly<Record<string, string>>;

  beforeAll(async () => {
    image = await buildImage();
    project = mkdtempSync(join(tmpdir(), 'millrace-image-project-'));
    chmodSync(project, 0o755);
    await initProject(project);
    urls = {
      MILLRACE_OFFLINE_URL: await freshDatabase(),
      MILLRACE_QUEUE_URL: await freshRedis('queue'),
      MILLRACE_ONLINE_URL: await freshRedis('online'),
    };
  }, 20 * MINUTE_MS);

  afterAll(() => {
    image?.[Symbol.dispose]();
    if (project !== undefined) rmSync(project, { recursive: true });
  }, 5 * MINUTE_MS);

  const start = (...args: string[]) => startInImage(image, project, [...image.config.Entrypoint, ...args], urls);

  /** Runs a command of Millrace to its end; returns its output if it succeeds. */
  async function millrace(...args: string[]): Promise<string> {
    const child = start(...args);
    const written = Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = await once(child, 'exit');
    const [stdout, stderr] = await written;
    if (code !== 0) throw new Error(`millrace ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** A process with health checks, queried like by the image's own health check. */
  async function service(command: string, portOption: string): Promise<Started> {
    const port = String(await freePort());
    const child = start(command, portOption, port);
    onTestFinished(() => void child.kill('SIGKILL'));
    const written: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => written.push(String(chunk)));
    const [, ...check] = image.config.Healthcheck.Test.map((word) => word.replace(':8080', `:${port}`));
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}: ${written.join('')}`);
      const [code] = await once(startInImage(image, project, check), 'exit');
      return code === 0;
    }, 2 * MINUTE_MS);
    return child;
  }

  test('has less than 200 MB of application, without compilers or sources, and with a list of its packages', () => {
    const app = join(image.files, 'app');
    const files = readdirSync(app, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    // As on disk, in blocks.
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).blocks * 512, 0);
    const packages = JSON.parse(readFileSync(join(app, 'sbom.cdx.json'), 'utf8')).components as { name: string }[];

    expect(bytes).toBeLessThan(200_000_000);
    expect(readdirSync(join(app, 'node_modules'))).not.toContain('typescript');
    expect(readdirSync(join(app, 'node_modules/@duckdb'))).toEqual([
      'node-api',
      'node-bindings',
      `node-bindings-linux-${process.arch}`,
    ]);
    const ofPackages = files.filter(({ parentPath }) => parentPath.startsWith(join(app, 'node_modules')));
    expect(ofPackages.filter(({ name }) => /\.(?:map|[mc]?ts)$/.test(name))).toEqual([]);
    expect(packages.map(({ name }) => name)).toContain('pg');
  });

  test(
    'works read-only and without privileges: migrate, scheduler, worker, dashboard, run and get',
    async () => {
      await millrace('migrate');
      const services = await Promise.all([
        service('scheduler', '--health-port'),
        service('worker', '--health-port'),
        service('dashboard', '--port'),
      ]);

      expect(await millrace('run', 'customer_spend')).toMatch(/7 runs/);
      expect(await millrace('get', 'customer_spend', 'ada')).toMatch(/customer_spend/);
      for (const { pid } of services) {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        expect(status).toMatch(/^Uid:\t10001\t10001\t10001\t10001$/m);
        expect(status).toMatch(/^CapEff:\t0+$/m);
        expect(status).toMatch(/^CapBnd:\t0+$/m);
        expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      }
      for (const child of services) child.kill('SIGTERM');
      await until(
        () => services.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null),
        MINUTE_MS,
      );
      expect(services.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    },
    10 * MINUTE_MS,
  );

  test('is not written to, not even by root', async () => {
    const asRoot = { ...image, config: { ...image.config, User: '0:0' } };
    const child = startInImage(asRoot, project, ['node', '--eval', WRITE]);

    expect(await text(child.stdout)).toBe('/app/new EROFS\n/etc/new EROFS\n/project/new EROFS\n');
  });
});
