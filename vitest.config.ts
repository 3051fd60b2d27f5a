import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { otherPostgres } from './src/servers/postgres-binaries.ts';
import { missingImageTools } from './test/support/image/image-tools.ts';
import { PUBLIC_DATA_VARIABLE, publicDataFolder } from './test/support/public-data.ts';

const runsAll = process.env['MILLRACE_TEST_ALL'] === '1';
/** Whether the functions of src/presentation are replaced by doubles that say nothing in English. */
const isDoubled = process.env['MILLRACE_PRESENTATION'] === 'double';

/** What the command line says of a database, word by word. */
const SHOWN = ['test/state/previous-release.test.ts'];

if (publicDataFolder() === null) {
  process.stdout.write(
    `${PUBLIC_DATA_VARIABLE} is not set: tests that read public data sets are left out (skipped).\n`,
  );
}

if (otherPostgres() === null) {
  process.stdout.write(
    'No Postgres besides the packaged one is under /usr/lib/postgresql: tests of a second version are left out (skipped).\n',
  );
}

if (runsAll && missingImageTools().length > 0) {
  process.stdout.write(
    `The image cannot be built without ${missingImageTools().join(', ')}: tests of the image are left out (skipped).\n`,
  );
}

/** Files that take minutes, the longest first: begun last they would keep one processor busy when all others are done. */
const LONG = [
  'fault/seeds.slow',
  'fault/at-once.slow',
  'online/complete-model.slow',
  'datasets/build.slow',
  'datasets/join.slow',
  'datasets/killed.slow',
  'acceptance/next-30-days.slow',
  'fault/network.slow',
  'scripts/image.slow',
  'acceptance/online-retail-stores.slow',
  'acceptance/online-retail.slow',
  'sources/storage/store-faults',
  'sources/mysql/faults.slow',
  'run/restated.slow',
  'fault/kill',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((name) => moduleId.includes(`/test/${name}.`));
      return found === -1 ? LONG.length : found;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...(runsAll ? [] : ['test/**/*.slow.test.ts']), ...(isDoubled ? SHOWN : [])],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/each-file.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    // Node runs the sources as it does for users, which also takes less time than transforming them.
    experimental: { viteModuleRunner: false },
    // A file often waits for a server, a timer or a process that it started: four processes keep two cores busier than
    // two do. Each runs many files, which share the modules they import.
    pool: 'forks',
    isolate: false,
    sequence: { sequencer: LongestFirst },
    maxWorkers: 4,
    // Beyond the patience of `until` (test/support/until.ts), which says what it waited for.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
