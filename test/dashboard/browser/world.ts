// The real `millrace dashboard` over a project in a known state, and a browser in front of it.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { systemClock } from '../../../src/core/clock.ts';
import { openQueues, type Queues } from '../../../src/queue/queues.ts';
import { DEFAULT_QUEUE_SETTINGS } from '../../../src/queue/settings.ts';
import { CONFIG, projectFolder, type Started, startMillrace } from '../../cli/world.ts';
import { quickHash } from '../../support/quick-hash.ts';
import { freshRedis, migratedDatabase } from '../../support/servers.ts';
import { until } from '../../support/until.ts';
import { ADA, VIC } from '../server-world.ts';
import { type DashboardState, openDashboardState } from '../world.ts';
import { chromiumPath } from './chromium.ts';

const LOGIN = `dashboard:
  users:
    ada: { role: operator, password: "\${DASHBOARD_ADA}" }
    vic: { role: viewer, password: "\${DASHBOARD_VIC}" }
`;

export type Who = { readonly name: string; readonly password: string };

export type BrowserWorld = AsyncDisposable & {
  readonly state: DashboardState;
  readonly url: string;
  readonly queues: Queues;
  /** The output of the process so far. */
  output(): string;
  /** A new browser profile with a logged-in user. */
  visitor(options?: BrowserContextOptions & { readonly who?: Who }): Promise<Visitor>;
};

export type Visitor = AsyncDisposable & {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Console messages, script errors, failed or refused requests: the tests expect none. */
  readonly troubles: string[];
  /** Paths of the requested documents. */
  readonly documents: string[];
};

export async function openBrowserWorld(): Promise<BrowserWorld> {
  await using parts = new AsyncDisposableStack();
  const database = await migratedDatabase();
  const queueUrl = await freshRedis('queue');
  const state = parts.use(await openDashboardState({ database }));
  const env = {
    MILLRACE_OFFLINE_URL: database,
    MILLRACE_ONLINE_URL: await freshRedis('online'),
    MILLRACE_QUEUE_URL: queueUrl,
    DASHBOARD_ADA: quickHash(ADA.password),
    DASHBOARD_VIC: quickHash(VIC.password),
  };
  const folder = await projectFolder({ 'millrace.yaml': `${CONFIG}${LOGIN}` });
  const started = startMillrace(folder, 'dashboard --port 0', env);
  parts.defer(async () => {
    started.kill('SIGTERM');
    await started.ended;
  });
  const url = await urlOf(started);
  const queue = { url: queueUrl, prefix: 'millrace' };
  const settings = DEFAULT_QUEUE_SETTINGS;
  const queues = parts.use(await openQueues({ queue, connectionName: 'test', clock: systemClock, settings }));
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
  parts.defer(() => browser.close());
  const open = parts.move();
  return {
    state,
    url,
    queues,
    output: started.output,
    visitor: ({ who = VIC, ...options } = {}) =>
      visit(browser, { baseURL: url, httpCredentials: credentials(who), ...options }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function credentials({ name, password }: Who): { username: string; password: string } {
  return { username: name, password };
}

async function urlOf(started: Started): Promise<string> {
  const found = () => /"url":"([^"]+)"/.exec(started.output())?.[1];
  const ended = started.ended.then(({ code, stderr }) => {
    throw new Error(`the dashboard ended with ${code}: ${stderr}`);
  });
  await Promise.race([until(() => found() !== undefined), ended]);
  ended.catch(() => {});
  return found() ?? '';
}

async function visit(browser: Browser, options: BrowserContextOptions): Promise<Visitor> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const troubles: string[] = [];
  const documents: string[] = [];
  page.on('console', (message) => void troubles.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => void troubles.push(`script: ${error.message}`));
  page.on('requestfailed', (request) => {
    // Leaving a page aborts its running update.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') troubles.push(`failed: ${request.url()}`);
  });
  page.on('request', (request) => {
    if (request.resourceType() === 'document') documents.push(new URL(request.url()).pathname);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()}: ${response.url()}`);
  });
  return { context, page, troubles, documents, [Symbol.asyncDispose]: () => context.close() };
}

const axe = readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** The violations that axe-core finds: rule and element, one per line. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Through the debugger, which the page's policy does not affect.
  await page.evaluate(await axe);
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const found: unknown = await page.evaluate(`
    axe.run(document, { runOnly: ${JSON.stringify(tags)} }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => id + ': ' + html.slice(0, 200) + ' ' + (any[0]?.message ?? ''))))`);
  return found as string[]; // what the line above makes
}
