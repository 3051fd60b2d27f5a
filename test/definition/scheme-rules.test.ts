import { describe, expect, test } from 'vitest';
import { checkDefinitions } from '../../src/definition/load.ts';
import { formatProblem } from '../../src/definition/yaml/problem.ts';
import { SOURCE_KINDS } from '../../src/sources/index.ts';
import { NOW, projectFolder, SHOP, viewText } from './project-folder.ts';

/** What is wrong with a project of these source URLs and one view. */
async function problemsWith(sources: Readonly<Record<string, string>>, view: Readonly<Record<string, string | null>>) {
  const stores = (SHOP['millrace.yaml'] ?? '').split('sources:')[0];
  const lines = Object.entries(sources).map(([name, url]) => `  ${name}: { url: "${url}" }\n`);
  using project = projectFolder({
    'millrace.yaml': `${stores}sources:\n${lines.join('')}`,
    'features/spend.yaml': viewText(view),
  });
  const { problems } = await checkDefinitions(project.folder, NOW, SOURCE_KINDS);
  return problems.map(formatProblem);
}

const FILES = { source: 'lake', files: 'sales/{yyyy}-{MM}-{dd}.csv' };

describe('schemeProblems', () => {
  test('names the schemes there are where a URL has another, and the nearest', async () => {
    const found = await problemsWith(
      { shop: 'postgers://h/shop', lake: 'gs://bucket/exports', old: 'oracle://h/x' },
      {},
    );

    expect(found).toEqual([
      "millrace.yaml:6:16: `sources.shop.url`: no kind of source has the scheme 'postgers'; did you mean `postgres`?",
      "millrace.yaml:7:16: `sources.lake.url`: no kind of source has the scheme 'gs'; expected one of file:, s3:, abfss:, mysql:, mariadb:, postgres:, postgresql:",
      "millrace.yaml:8:15: `sources.old.url`: no kind of source has the scheme 'oracle'; expected one of file:, s3:, abfss:, mysql:, mariadb:, postgres:, postgresql:",
    ]);
  });

  test('says that a view without files cannot be read from files', async () => {
    expect(await problemsWith({ lake: 'file:./lake' }, { source: 'lake' })).toEqual([
      "features/spend.yaml:3:9: `source`: 'lake' (file:) has files and no tables; expected `files` or `tables` in the view, or another source",
    ]);
  });

  test.each(['postgres', 'mysql', 'mariadb'])('says that %s has no files', async (scheme) => {
    expect(await problemsWith({ lake: `${scheme}://h/shop` }, FILES)).toEqual([
      `features/spend.yaml:9:1: \`files\`: the source 'lake' (${scheme}:) has no files; expected a \`query\` over its tables, or a source of files`,
    ]);
  });

  test.each([
    [{ lake: 'S3://bucket/x' }, FILES],
    [{ shop: 'postgresql://h/shop' }, {}],
    [{ shop: '$' + '{URL}' }, {}],
    [{ lake: '$' + '{URL}' }, FILES],
  ])('finds nothing in %j with %j', async (sources, view) => {
    expect(await problemsWith(sources, view)).toEqual([]);
  });
});
