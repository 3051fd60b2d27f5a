import { defineConfig } from 'vitest/config';
import { otherPostgres } from './src/servers/postgres-binaries.ts';
import { missingImageTools } from './test/support/image-tools.ts';
import { PUBLIC_DATA_VARIABLE, publicDataFolder } from './test/support/public-data.ts';

const runsAll = process.env['MILLRACE_TEST_ALL'] === '1';

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

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: runsAll ? [] : ['test/**/*.all.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    // Each file is a process of its own with real servers behind it; more at once only makes them wait for each other.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
