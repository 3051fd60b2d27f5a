// Half a year of a real shop, with a CSV per day: reading from an object store and from a folder gives the same stores,
// and the worker that reads it stays small.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFIG, openCommandWorld } from '../cli/world.ts';
import { AZURE_ACCOUNT, startAzureServer } from '../support/object-stores/azure-server.ts';
import { S3_ACCOUNT, startS3Server } from '../support/object-stores/s3-server.ts';
import { publicData } from '../support/public-data.ts';
import { until } from '../support/until.ts';

const FOLDER = publicData('online-retail') ?? '';
const PATIENCE_MS = 600_000;
const DAYS = 182;
/** The peak memory of a worker process. */
const MEMORY_MAX_MIB = 300;

const basket = (name: string, source: string) => `name: ${name}
entity: customer
kind: snapshot
interval: 1d
start: 2010-12-01
end: 2011-06-01
type: decimal
source: ${source}
files: "{yyyy}-{MM}-{dd}.csv"
on_missing: empty
types: { CustomerID: float, Quantity: int, UnitPrice: decimal }
query: |
  select CustomerID as entity_id, sum(Quantity * UnitPrice) as value, {{end}} as timestamp
    from files where CustomerID is not null group by 1
`;

/** Statistics from Linux about a running process. */
function peakMiB(pid: number | undefined): number {
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}

describe.skipIf(FOLDER === '')('online-retail in object stores', () => {
  test('is the same from S3, from Azure and from a folder', { timeout: PATIENCE_MS }, async () => {
    await using s3 = await startS3Server();
    await using azure = await startAzureServer();
    for (const name of readdirSync(FOLDER)) {
      const body = readFileSync(join(FOLDER, name));
      s3.put(`retail/${name}`, body);
      azure.put(`retail/${name}`, body);
    }
    const world = await openCommandWorld({
      'millrace.yaml': `${CONFIG.replace('file:./lake', `file:${FOLDER}`)}  s3: { url: "${s3.url('retail')}" }\n  azure: { url: "${azure.url('retail')}" }\n`,
      '.env': Object.entries({ ...S3_ACCOUNT, ...AZURE_ACCOUNT })
        .map(([name, value]) => `${name}="${value}"\n`)
        .join(''),
      'features/basket.yaml': basket('basket', 'lake'),
      'features/basket_s3.yaml': basket('basket_s3', 's3'),
      'features/basket_azure.yaml': basket('basket_azure', 'azure'),
    });
    await world.millrace('migrate');

    const worker = world.start('worker --concurrency 2');
    await until(() => worker.output().includes('worker.started'));
    const said: string[] = [];
    for (const name of ['basket', 'basket_s3', 'basket_azure']) {
      const { stdout, stderr } = await world.millrace(`run ${name} --json`);
      said.push(stdout, stderr);
      const { done, failed, counts } = JSON.parse(stdout);
      expect({ name, done, failed, inserted: counts.inserted }).toEqual({
        name,
        done: DAYS,
        failed: 0,
        inserted: 7_809,
      });
      const { stdout: verified } = await world.millrace(`verify ${name} --json`);
      expect(JSON.parse(verified).views[0]).toMatchObject({ comparedOffline: 2_767, comparedOnline: 2_767, total: 0 });
    }

    expect(peakMiB(worker.pid)).toBeLessThan(MEMORY_MAX_MIB);
    worker.kill('SIGTERM');
    const { code, stdout: logged, stderr: complained } = await worker.ended;
    expect(code).toBe(0);
    said.push(logged, complained);

    for (const name of ['basket_s3', 'basket_azure']) {
      const rows = (view: string) => `select entity_id, event_timestamp, ${view}::text as value from features.${view}`;
      const [row] = await world.database.query(
        `select count(*) as rows from ((${rows('basket')} except ${rows(name)}) union all (${rows(name)} except ${rows('basket')})) d`,
      );
      expect(row).toEqual({ rows: 0 });
    }
    const [read] = await world.database.query(
      `select count(*) as runs, count(files_digest) as with_files from millrace.run`,
    );
    expect(read).toEqual({ runs: 3 * DAYS, with_files: 3 * DAYS });
    expect(said.join('')).not.toContain('canary');
  });
});
