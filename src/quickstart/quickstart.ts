// `npm run quickstart`: all of Millrace on a small shop, with private servers, in less than a minute.
//
// The scheduler, the worker and the stores are those of production. Exits with 0 only if every promise holds; otherwise
// prints what went wrong.

import { once } from 'node:events';
import { Writable } from 'node:stream';
import { startOwnApi } from '../cli/operate/dev-api.ts';
import { startOwnDashboard } from '../cli/operate/dev-dashboard.ts';
import { systemClock } from '../core/clock.ts';
import { messageOf } from '../core/failure.ts';
import { formatInstant } from '../core/instant.ts';
import { openLog } from '../observe/logger.ts';
import { showChecks, showFlush, showSentences, showVerify } from './failures.ts';
import { grouped, openPage, type Page } from './page.ts';
import { showChanges, showNothingLost, showRepeating, showWatermarks } from './promises.ts';
import { showEntity, showRefused, showRuns } from './tables.ts';
import { everythingMaterialized, tickAll } from './work.ts';
import { openWorld, temporaryProject, type World } from './world.ts';

async function quickstart(page: Page, { stays, log }: { stays: boolean; log: Writable }): Promise<void> {
  const started = systemClock.monotonicMs();
  const seconds = () => `${((systemClock.monotonicMs() - started) / 1_000).toFixed(1)} s`;
  page.title('Millrace quickstart');
  page.text('Starting a private Postgres and two Redis servers, and filling a small shop …');
  const folder = temporaryProject();
  await using world = await openWorld(folder, openLog('warn', log));
  introduce(page, world, seconds());

  page.heading('All due intervals, run by the scheduler and a worker');
  await tickAll(world);
  await showRuns(page, world, await everythingMaterialized(world));
  page.text('', `In ${seconds()}, each job ticked, the scheduler planned runs, and a worker executed them.`);

  page.heading('Refused rows, with their reasons');
  await showRefused(page, world);
  page.text('', 'The good rows were stored. customer_contact is marked `redacted`, so its values are never shown.');

  page.heading('The stored values of a customer and a product');
  await showEntity(page, world, ['customer_orders', 'customer_spend_30d', 'customer_basket'], '1');
  page.text('');
  await showEntity(page, world, ['product_visits', 'product_stock'], 'P-001');
  page.text('', '_ts is the event time in microseconds.');

  page.heading("Millrace's guarantees, verified");
  for (const promise of PROMISES) await promise(page, world);
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
  page.text('', `Peak memory of scheduler, worker and quickstart in one process: ${peakMb} MB.`);

  page.title(`All guarantees hold, verified in ${seconds()}.`);
  await end(page, world, { folder, stays });
}

const PROMISES: readonly ((page: Page, world: World) => Promise<void>)[] = [
  showNothingLost,
  showWatermarks,
  showRepeating,
  showChanges,
  showChecks,
  showFlush,
  showVerify,
  showSentences,
];

function introduce(page: Page, { shop, project, firstDay, endMidnight }: World, after: string): void {
  const day = (instant: typeof firstDay) => formatInstant(instant).slice(0, 10);
  page.text(
    `${grouped(shop.customers.length)} customers, ${grouped(shop.orders.length)} orders in Postgres, ${shop.sales.length} CSV and ${shop.visits.length} Parquet files in a lake, including bad data.`,
    `The definitions are features/ and jobs/ in this checkout: ${project.views.length} views, ${project.jobs.length} jobs. They are copied`,
    `with \`start: ${day(firstDay)}\` to fit the shop's 60 days, which end on ${day(endMidnight)} at 00:00 UTC.`,
    `Ready after ${after}.`,
  );
}

async function end(page: Page, world: World, { folder, stays }: { folder: string; stays: boolean }): Promise<void> {
  if (stays) {
    await using dashboard = await startOwnDashboard(world.app, world.project.project);
    await using api = await startOwnApi(world.app, world.project);
    page.text(
      `The shop keeps running until Ctrl-C. Open the dashboard in a browser: ${dashboard.url}`,
      '',
      'or run commands in another terminal:',
      '',
      `npx millrace status --project ${folder}`,
      `npx millrace get customer_orders 1 --project ${folder}`,
      `npx millrace quarantine product_reviews --project ${folder}`,
      `npx millrace dataset build reorders --out file:${folder}/sets/reorders --project ${folder}`,
      '',
      'or read a customer over HTTP:',
      '',
      `curl -s ${api.url}/api/v1/views/customer_orders/entities/1`,
      '',
    );
    for (const signal of STOPS) process.removeAllListeners(signal);
    await Promise.race(STOPS.map((signal) => once(process, signal)));
    return;
  }
  page.text(
    'All servers and data have been removed. Next:',
    '',
    'npm run quickstart -- --stay            keep the shop running to explore it',
    'npx millrace init my-features           create your own project with an example view',
    'npx millrace dev --local --project my-features',
    '',
  );
}

const STOPS = ['SIGINT', 'SIGTERM'] as const;
/** Starts with a line break because the terminal has just printed ^C. */
const STOPPED = '\nStopped. All servers and data have been removed.\n';

// The servers always end with this process; its exit handler removes the folder.
for (const signal of STOPS) {
  process.on(signal, () => {
    process.stdout.write(STOPPED);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}
const SIGNAL_HEARD_MS = 100;
const page = openPage(process.stdout);
const warnings: string[] = [];
const log = new Writable({
  write: (chunk: Buffer, _encoding, done) => {
    warnings.push(String(chunk).trimEnd());
    done();
  },
});
const stays = process.argv.includes('--stay');
try {
  await quickstart(page, { stays, log });
  if (stays) process.stdout.write(STOPPED);
} catch (error) {
  // Ctrl-C also ends initdb, for which this process waits; it receives its own signal a moment later.
  await systemClock.sleep(SIGNAL_HEARD_MS);
  process.stderr.write(
    `\n${messageOf(error)}\n${warnings
      .slice(-10)
      .map((line) => `  ${line}\n`)
      .join('')}`,
  );
  process.exitCode = 1;
}
