// The benchmarks: bench/TOPIC/NAME.bench.ts.

import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './bootstrap-packages.mjs';
import { Stop } from './bootstrap-words.mjs';

const ENDING = '.bench.ts';

/** The files of the benchmarks with these names, relative to the checkout. */
export function benchFiles(names) {
  const files = readdirSync(join(root, 'bench'), { recursive: true, encoding: 'utf8' });
  const found = new Map(
    files.filter((file) => file.endsWith(ENDING)).map((file) => [basename(file, ENDING), join('bench', file)]),
  );
  return names.map((name) => {
    const file = found.get(name);
    if (file !== undefined) return file;
    throw new Stop(`There is no benchmark "${name}". Choose from: ${[...found.keys()].sort().join(', ')}.`);
  });
}
