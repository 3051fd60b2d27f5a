// One scan of the table for all features of a view in ClickHouse, by its plan.

import { expect, test } from 'vitest';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import { filledQuery } from '../../src/definition/query/offsets.ts';
import { queryOf } from '../../src/definition/query/view-query.ts';
import { clickhouseDo } from '../support/clickhouse/clickhouse.ts';
import { loadClickhouse } from './clickhouse-engine.ts';
import { END, fromOf } from './events.ts';
import { randomEvents, randomFeatures, randomFilter, randomProfiles, seeded } from './random-views.ts';

test('declared queries read each table once in ClickHouse', async () => {
  const random = seeded(3);
  const { url, source } = await loadClickhouse(randomEvents(random, 50, END), randomProfiles(random));
  await using _closed = source;
  const views = Array.from({ length: 40 }, () => {
    const where = random.chance(0.3) ? { where: randomFilter(random, 0) } : {};
    return { where, features: randomFeatures(random, 'database') };
  });
  for (const { where, features } of views) {
    const keys = {
      name: 'many',
      entity: 'user',
      source: 'shop',
      kind: 'snapshot',
      interval: '1h',
      start: '2026-09-01',
    };
    const view = parseView(viewFile.parse({ ...keys, from: { ...fromOf('clickhouse'), ...where }, features }));
    const end = `toDateTime64('2026-09-10 00:00:00', 6, 'UTC')`;
    const { text } = filledQuery(queryOf(view, 'clickhouse') ?? '', 'clickhouse', () => end);
    const plan = await clickhouseDo(url, `explain ${text}`);
    const scans = plan.flatMap((line) => /ReadFrom\w+ \((?:\w+\.)?(\w+)\)/.exec(line)?.[1] ?? []).sort();
    const lookups = features.some(({ aggregate }) => aggregate === 'lookup') ? ['profiles'] : [];

    expect({ features, plan, scans }).toEqual({ features, plan, scans: [...lookups, 'user_events'] });
  }
});
