import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { Failure } from '../../src/core/failure.ts';
import { datasetFile } from '../../src/definition/files/dataset-file.ts';
import { jobFile } from '../../src/definition/files/job-file.ts';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { loadDefinitions } from '../../src/definition/load.ts';
import { RUNS_ALL } from '../support/sample.ts';
import { MILLRACE_YAML, NIGHTLY_YAML, NOW, projectFolder, SHOP, SPEND_YAML } from './project-folder.ts';

const KEYS = [
  ...Object.keys(viewFile.shape),
  ...Object.keys(jobFile.shape),
  ...Object.keys(datasetFile.shape),
  'project',
  'offline',
  'sources',
  '__proto__',
  'constructor',
  '',
];
const FILES = ['millrace.yaml', 'features/spend.yaml', 'jobs/nightly.yaml'];

/** Values of keys, valid and invalid. */
const value = fc.oneof(
  fc.constantFrom(
    '1d',
    '7h',
    '1%',
    '2026-09-01',
    '9999-99-99',
    'tag:',
    'events',
    'latest',
    'csv',
    'vector(3)',
    '{{end}}',
    "'",
    '{yyyy}.csv',
    '* * * * *',
    '0 0 29 2 *',
    'UTC',
  ),
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.double(),
);
const asMap = fc
  .dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), value, { noNullPrototype: true })
  .map((keys) => stringify(keys));

/** Valid strings with a part removed, repeated or inserted. */
const damaged = fc
  .tuple(
    fc.constantFrom(MILLRACE_YAML, SPEND_YAML, NIGHTLY_YAML),
    fc.nat(),
    fc.nat(12),
    fc.oneof(fc.string(), fc.constantFrom('\t', '&a ', '*a', '!!x ', '---\n', '{', '"', ': ', '- ')),
  )
  .map(([text, at, length, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + length));

const bytes = fc.oneof(
  asMap.map((text) => new TextEncoder().encode(text)),
  damaged.map((text) => new TextEncoder().encode(text)),
  fc.string().map((text) => new TextEncoder().encode(text)),
  fc.uint8Array(),
);

describe('loadDefinitions', () => {
  test('gives a project or fails with DEFINITION_INVALID, for any contents of the files', async () => {
    // A cron that is quick to check, since this test is not about ticks.
    const shop: Readonly<Record<string, string>> = {
      ...SHOP,
      'jobs/nightly.yaml': NIGHTLY_YAML.replace('15 3', '*/5 *'),
    };
    using project = projectFolder(shop);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...FILES), bytes, async (file, content) => {
        writeFileSync(path.join(project.folder, file), content);
        const thrown: unknown = await loadDefinitions(project.folder, NOW).then(
          () => null,
          (failure: unknown) => failure,
        );
        writeFileSync(path.join(project.folder, file), shop[file] ?? '');
        if (thrown === null) return;
        expect(thrown).toBeInstanceOf(Failure);
        expect(thrown).toMatchObject({ code: 'DEFINITION_INVALID' });
        expect(String(thrown)).not.toMatch(/Invalid|received|undefined|\[object|NaN:/);
      }),
      { numRuns: RUNS_ALL ? 500 : 40 },
    );
  });
});
