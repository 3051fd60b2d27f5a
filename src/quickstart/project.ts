// A copy of the sample project with dates that fit the shop: the definitions in git start on a fixed day, but the shop's
// sixty days always end at the last midnight.

import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EpochMs, epochMsOf, formatInstant } from '../core/instant.ts';

export type SampleCopy = {
  /** The folder of millrace.yaml. */
  readonly from: string;
  readonly to: string;
  /** The new `start` of every view; training sets move with it. */
  readonly start: EpochMs;
  /** The contents of `.env`. */
  readonly variables: Readonly<Record<string, string>>;
};

/** The first day of the definitions in git. */
const SAMPLE_START = Date.UTC(2026, 8, 1);
const DATED = ['features', 'datasets'];

/** Copies the project, moves every `start:` and `end:`, and writes `.env`, so that commands work with `--project`. */
export async function copySample({ from, to, start, variables }: SampleCopy): Promise<void> {
  for (const name of ['millrace.yaml', 'jobs', ...DATED])
    await cp(join(from, name), join(to, name), { recursive: true });
  const moved = (day: string) => formatInstant(epochMsOf(Date.parse(day) - SAMPLE_START + start)).slice(0, 10);
  for (const folder of DATED) {
    for (const file of await readdir(join(to, folder), { recursive: true })) {
      if (!file.endsWith('.yaml')) continue;
      const path = join(to, folder, file);
      const text = await readFile(path, 'utf8');
      await writeFile(
        path,
        text.replace(/^(start|end): (\S+)/gm, (_line, key, day) => `${key}: ${moved(day)}`),
      );
    }
  }
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(to, '.env'), lines.join(''), { mode: 0o600 });
}
