// A copy of the sample project whose dates fit the shop: the definitions in git begin on a fixed day, and the shop's
// sixty days end at the last midnight, whenever that is.

import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EpochMs, formatInstant } from '../core/instant.ts';

export type SampleCopy = {
  /** The folder of millrace.yaml. */
  readonly from: string;
  readonly to: string;
  /** What every view's `start` becomes. */
  readonly start: EpochMs;
  /** What goes into `.env`. */
  readonly variables: Readonly<Record<string, string>>;
};

/** Copies the project, moves every `start:`, and writes its `.env`: commands with `--project` find everything there. */
export async function copySample({ from, to, start, variables }: SampleCopy): Promise<void> {
  for (const name of ['millrace.yaml', 'features', 'jobs'])
    await cp(join(from, name), join(to, name), { recursive: true });
  const day = formatInstant(start).slice(0, 10);
  for (const file of await readdir(join(to, 'features'), { recursive: true })) {
    if (!file.endsWith('.yaml')) continue;
    const path = join(to, 'features', file);
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/^start: \S+/m, `start: ${day}`));
  }
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(to, '.env'), lines.join(''), { mode: 0o600 });
}
