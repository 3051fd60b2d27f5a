import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { checkDefinitions, loadDefinitions } from '../../src/definition/load.ts';
import { sourceLimits } from '../support/limits.ts';
import { NOW, problemsOf, projectFolder, SHOP, viewText } from './project-folder.ts';

const url = (text: string, line: number) => ({ text, file: 'millrace.yaml', line });
const limits = sourceLimits();

/** The view of a file, which may have `after: [orders]`. */
async function viewOf(text: string) {
  const orders = viewText({ name: 'orders' });
  const files = {
    'millrace.yaml': SHOP['millrace.yaml'] ?? '',
    'features/orders.yaml': orders,
    'features/view.yaml': text,
  };
  using project = projectFolder(files);
  return (await loadDefinitions(project.folder, NOW)).views.find(({ name }) => name !== 'orders');
}

describe('loadDefinitions', () => {
  test('loads a project without any variables', async () => {
    using project = projectFolder(SHOP);

    const definitions = await loadDefinitions(project.folder, NOW);

    expect(definitions).toEqual({
      datasets: [],
      services: [],
      tests: [],
      folder: project.folder,
      project: 'shop',
      config: {
        offline: { url: url('$' + '{MILLRACE_OFFLINE_URL}', 2) },
        online: { url: url('$' + '{MILLRACE_ONLINE_URL}', 3), prefix: 'mr' },
        queue: { url: url('$' + '{MILLRACE_QUEUE_URL}', 4), prefix: 'millrace' },
        sources: {
          shop: { url: url('$' + '{SHOP_DATABASE_URL}', 6), ...limits },
          lake: { url: url('file:./lake', 7), ...limits },
        },
        spool: { folder: null, limitMb: 10_240 },
        retentionMs: null,
      },
      views: [
        {
          name: 'customer_spend_30d',
          description: 'Money spent over the last 30 days',
          entity: 'customer',
          tags: ['basket'],
          source: 'shop',
          kind: 'snapshot',
          unitMs: 86_400_000,
          start: Date.UTC(2026, 8, 1),
          end: null,
          settleMs: 0,
          lookbackUnits: 0,
          ttlMs: null,
          catchUp: 'all',
          after: [],
          freshnessMs: null,
          failuresMax: 5,
          features: [
            {
              name: 'customer_spend_30d',
              column: 'value',
              type: 'decimal',
              nullable: false,
              nullsMax: null,
              min: null,
              max: null,
            },
          ],
          query: `select customer_id as entity_id, sum(amount) as value, {{end}} as timestamp
  from orders where ordered_at < {{end}}
 group by customer_id
`,
          columns: null,
          files: null,
          refusedMax: 0.01,
          removedMax: 0.1,
          rowsMin: 0,
          redacted: false,
        },
      ],
      jobs: [
        {
          name: 'nightly',
          description: '',
          cron: '15 3 * * *',
          timezone: 'UTC',
          views: ['customer_spend_30d', 'tag:basket'],
          retries: { attempts: 5, backoffMs: 30_000, maxMs: 600_000 },
          timeoutMs: 1_800_000,
          priority: 5,
          paused: false,
        },
      ],
      files: { 'view:customer_spend_30d': 'features/spend.yaml', 'job:nightly': 'jobs/nightly.yaml' },
    });
  });

  test('gives views that JSON preserves', async () => {
    const view = await viewOf(viewText({ tags: '[]', ttl: '90d', end: '2026-10-01' }));

    expect(JSON.parse(JSON.stringify(view))).toStrictEqual(view);
  });

  test('reads every key of a view of events', async () => {
    const view = await viewOf(
      viewText({
        kind: 'events',
        interval: '1h',
        end: '2027-01-01T06:00:00Z',
        settle: '5m',
        lookback: '2',
        ttl: '90d',
        catch_up: 'latest',
        type: null,
        features:
          '[{name: value, type: vector(3), nullable: true, nulls_max: 5%}, {name: n, type: int, min: -1, max: 9}]',
        query: 'select {{start}}, {{end}}',
        refused_max: '1.1%',
        after: '[orders]',
        freshness: '2h',
        failures_max: '3',
        removed_max: '1',
        duplicates_max: '90%',
        rows_min: '10',
        rows_max: '1000000',
        redacted: 'true',
      }),
    );

    expect(view).toEqual({
      name: 'spend',
      description: '',
      entity: 'customer',
      tags: [],
      source: 'shop',
      kind: 'events',
      unitMs: 3_600_000,
      start: Date.UTC(2026, 8, 1),
      end: Date.UTC(2027, 0, 1, 6),
      settleMs: 300_000,
      lookbackUnits: 2,
      ttlMs: 7_776_000_000,
      catchUp: 'latest',
      after: ['orders'],
      freshnessMs: 7_200_000,
      failuresMax: 3,
      features: [
        { name: 'value', column: 'value', type: 'vector(3)', nullable: true, nullsMax: 0.05, min: null, max: null },
        { name: 'n', column: 'n', type: 'int', nullable: false, nullsMax: null, min: -1, max: 9 },
      ],
      query: 'select {{start}}, {{end}}',
      columns: null,
      files: null,
      refusedMax: 0.011,
      removedMax: 1,
      duplicatesMax: 0.9,
      rowsMin: 10,
      rowsMax: 1_000_000,
      redacted: true,
    });
  });

  test('fills in the defaults of a view over files', async () => {
    const columns = { entity_id: 'id', timestamp: 'at', value: 'v' };
    const view = await viewOf(
      viewText({
        source: 'lake',
        query: null,
        files: 'dt={yyyy}-{MM}-{dd}/*.ndjson.gz',
        columns: JSON.stringify(columns),
      }),
    );

    expect({ query: view?.query, columns: view?.columns, files: view?.files }).toEqual({
      query: null,
      columns,
      files: {
        files: {
          pattern: 'dt={yyyy}-{MM}-{dd}/*.ndjson.gz',
          format: 'json',
          types: {},
          windowMs: 86_400_000,
          onMissing: 'empty',
          lateMs: 604_800_000,
          onBadField: 'refuse',
        },
      },
    });
  });

  test('reads tables of files, and only non-default csv settings', async () => {
    const tables = {
      orders: {
        files: '{yyyy}-{MM}-{dd}.txt',
        format: 'csv',
        delimiter: '\t',
        quote: "'",
        null_text: '\\N',
        header: ['a', 'b'],
        encoding: 'windows-1252',
        skip_lines: 2,
        footer_lines: 1,
        quoted_null: true,
        decimal_mark: ',',
        thousands: '.',
        types: { b: 'float' },
      },
      pages: { files: '{part-a,b}/{yyyy}-{MM}-{dd}.json{,.gz}', records: '$.result.items', encoding: 'utf-8' },
      customers: {
        files: '{yyyy}-{MM}-{dd}.csv',
        skip_lines: 0,
        decimal_mark: '.',
        types: { a: 'decimal(38, 18)' },
        delimiter: ',',
        on_bad_field: 'fail',
      },
    };
    const query = 'select a as entity_id, b as value, {{end}} as timestamp from orders join customers using (a)';
    const view = await viewOf(viewText({ source: 'lake', query, tables: JSON.stringify(tables) }));

    const defaults = { windowMs: 86_400_000, onMissing: 'empty', lateMs: 604_800_000, format: 'csv' };
    expect(view?.files).toEqual({
      orders: {
        ...defaults,
        pattern: '{yyyy}-{MM}-{dd}.txt',
        types: { b: 'float' },
        onBadField: 'refuse',
        encoding: 'windows-1252',
        csv: {
          delimiter: '\t',
          quote: "'",
          nullText: '\\N',
          header: ['a', 'b'],
          quotedNull: true,
          skipLines: 2,
          footerLines: 1,
          decimalMark: ',',
          thousands: '.',
        },
      },
      pages: {
        ...defaults,
        format: 'json',
        pattern: '{part-a,b}/{yyyy}-{MM}-{dd}.json{,.gz}',
        types: {},
        onBadField: 'refuse',
        records: '$.result.items',
      },
      customers: { ...defaults, pattern: '{yyyy}-{MM}-{dd}.csv', types: { a: 'decimal(38,18)' }, onBadField: 'fail' },
    });
  });

  test('gives a view of kind latest a unit of one day and no start', async () => {
    const view = await viewOf(viewText({ kind: 'latest', interval: null, start: null, query: 'select now()' }));

    expect({ unitMs: view?.unitMs, start: view?.start, end: view?.end }).toEqual({
      unitMs: 86_400_000,
      start: 0,
      end: null,
    });
  });

  test('throws one failure with the problems of all files', async () => {
    using project = projectFolder({
      ...SHOP,
      'features/a.yaml': viewText({ name: 'a', sorce: 'shop' }),
      'jobs/b.yaml': 'name: b\ncron: 0 3 * *\nviews: [a, custmer_spend_30d]\n',
    });

    const thrown: unknown = await loadDefinitions(project.folder, NOW).catch((failure: unknown) => failure);

    expect(thrown).toBeInstanceOf(Failure);
    expect(thrown).toMatchObject({
      code: 'DEFINITION_INVALID',
      facts: { problems: 3 },
      message: [
        'features/a.yaml:9:1: unknown key `sorce`; did you mean `source`?',
        'jobs/b.yaml:2:7: `cron`: it has 4 fields; expected five: minute hour day-of-month month day-of-week',
        "jobs/b.yaml:3:12: `views[1]`: there is no view 'custmer_spend_30d'; did you mean `customer_spend_30d`?",
      ].join('\n'),
    });
  });

  test('says how to select or create a project in a folder without one', async () => {
    using project = projectFolder({});

    await expect(loadDefinitions(project.folder, NOW)).rejects.toThrow(
      `millrace.yaml: not found in ${project.folder}; pass the folder of your project with --project, or create a new project with \`millrace init\``,
    );
  });
});

describe('checkDefinitions', () => {
  test('returns problems as data', async () => {
    using project = projectFolder({
      ...SHOP,
      'features/spend.yaml': viewText({ name: 'customer_spend_30d', tags: '[basket, 5]' }),
    });

    const { definitions, problems } = await checkDefinitions(project.folder, NOW);

    expect(definitions).toBeNull();
    expect(problems).toEqual([
      {
        file: 'features/spend.yaml',
        line: 9,
        column: 16,
        key: 'tags[1]',
        message:
          '`tags[1]`: expected a name: a lower-case letter, then at most 47 lower-case letters, digits or _, found the number 5',
      },
    ]);
  });

  test('accepts a project without views and jobs', async () => {
    using project = projectFolder({ 'millrace.yaml': SHOP['millrace.yaml'] ?? '' });

    const { definitions, problems } = await checkDefinitions(project.folder, NOW);

    expect({ views: definitions?.views, jobs: definitions?.jobs, problems }).toEqual({
      views: [],
      jobs: [],
      problems: [],
    });
  });

  test('reads views in subfolders of features, sorted by name, through links, without hidden files', async () => {
    using project = projectFolder({
      'millrace.yaml': SHOP['millrace.yaml'] ?? '',
      'features/x/y/a.yaml': viewText({ name: 'b' }),
      'features/.hidden.yaml': 'not: [a view',
      'features/..data/a.yaml': viewText({ name: 'b' }),
      'features/notes.md': '# notes',
      'elsewhere.yaml': viewText({ name: 'a' }),
    });
    symlinkSync('../elsewhere.yaml', path.join(project.folder, 'features/linked.yaml'));

    const { definitions, problems } = await checkDefinitions(project.folder, NOW);

    expect({ files: definitions?.files, names: definitions?.views.map((view) => view.name), problems }).toEqual({
      files: { 'view:b': 'features/x/y/a.yaml', 'view:a': 'features/linked.yaml' },
      names: ['a', 'b'],
      problems: [],
    });
  });

  test('names both files of duplicate views and jobs', async () => {
    expect(
      await problemsOf({
        'features/zz.yaml': viewText({ name: 'customer_spend_30d' }),
        'jobs/z.yaml': SHOP['jobs/nightly.yaml'] ?? '',
      }),
    ).toEqual([
      "features/zz.yaml:1:7: `name`: duplicate view 'customer_spend_30d', already defined in features/spend.yaml",
      "jobs/z.yaml:1:7: `name`: duplicate job 'nightly', already defined in jobs/nightly.yaml",
    ]);
  });

  test('does not report a missing view while a file that may define it cannot be read', async () => {
    expect(await problemsOf({ 'features/spend.yaml': 'name: "customer' })).toEqual([
      'features/spend.yaml:1:7: the quote that opens here is not closed',
    ]);
  });

  test('does not report a missing view that a file with the wrong extension may define', async () => {
    const text = viewText({ name: 'customer_spend_30d' });

    expect(
      await problemsOf({ 'features/spend.yaml': viewText({ name: 'other' }), 'features/spend.yml': text }),
    ).toEqual(['features/spend.yml: expected the extension .yaml']);
  });

  test('refuses files in the wrong folder or with the wrong extension', async () => {
    expect(await problemsOf({ 'features/a.yml': '', 'jobs/x/a.yaml': '' })).toEqual([
      'features/a.yml: expected the extension .yaml',
      'jobs/x/a.yaml: expected the file directly in jobs/, not in a subfolder',
    ]);
  });
});
