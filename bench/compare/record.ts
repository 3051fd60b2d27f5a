// Results in a file of the repository, for programs: what was measured, when, and on which machine.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { systemClock } from '../../src/core/clock.ts';

const FOLDER = 'bench/records';

/** Writes bench/records/NAME.json. */
export function writeRecord(name: string, facts: object): void {
  const [load] = loadavg();
  const machine = { cores: cpus().length, model: cpus()[0]?.model ?? '', node: process.version, load };
  const record = { at: new Date(systemClock.now()).toISOString(), machine, ...facts };
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/${name}.json`, `${JSON.stringify(record, null, 2)}\n`);
  process.stdout.write(`written to ${FOLDER}/${name}.json\n`);
}

/** The number of an option `--NAME=12`. */
export function numberOption(name: string, otherwise: number): number {
  const found = process.argv.find((argument) => argument.startsWith(`--${name}=`));
  return Number(found?.slice(name.length + 3) ?? otherwise);
}
