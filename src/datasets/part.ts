// One part of a training set: joined in one Postgres snapshot, copied out as CSV, written as a file.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { Building, PartPlan } from './building.ts';
import { joinedPart } from './joined-part.ts';
import type { PartFacts } from './receipt.ts';
import { writePart } from './write-part.ts';

/** Makes one part, whose labels Postgres joins in one session or two, and puts it in its place. */
export async function buildPart(building: Building, plan: PartPlan, sessions: 1 | 2): Promise<PartFacts> {
  const { target, signal, engines, clock, dataset, columns } = building;
  const csv = target.workPath(`${plan.file}.rows`);
  const path = target.workPath(plan.file);
  // It starts while Postgres joins.
  const leased = engines.lease('training sets');
  try {
    const joined = await joinedPart(building, plan, { csv, sessions }).catch((error) => {
      leased.end();
      throw error;
    });
    await rm(path, { force: true });
    const { name, format } = dataset;
    const rows = plan.to - plan.from;
    const written = await writePart({ leased, clock, dataset: name, format, columns, rows, csv, path, signal });
    requireRows(plan, written.rows);
    const [bytes, sha256] = await Promise.all([stat(path).then(({ size }) => size), sha256Of(path)]);
    await target.put(plan.file, signal);
    return { file: plan.file, bytes, sha256, ...joined, ...written };
  } catch (error) {
    throw signal.aborted ? signal.reason : target.workFailure(outOfSpace(error));
  } finally {
    await leased.giveBack();
    await rm(csv, { force: true });
  }
}

/** DuckDB says in words what the system said to it. */
function outOfSpace(error: unknown): unknown {
  if (!(error instanceof Error) || !/No space left on device/.test(error.message)) return error;
  return Object.assign(new Error('no space is left on the device', { cause: error }), { code: 'ENOSPC' });
}

function requireRows({ from, to, part }: PartPlan, rows: number): void {
  if (rows !== to - from) throw new Error(`part ${part} has ${rows} rows, not ${to - from}`);
}

/** The sha256 of a file, in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 1_048_576 });
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
