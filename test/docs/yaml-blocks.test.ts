// Every block of YAML in the docs is a definition, or a part of one, that loads.

import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { configFile } from '../../src/definition/files/config-file.ts';
import { datasetFile } from '../../src/definition/files/dataset-file.ts';
import { serviceFile } from '../../src/definition/files/service-file.ts';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { viewTestFile } from '../../src/definition/files/view-test-file.ts';
import { MILLRACE_YAML, problemsOf } from '../definition/project-folder.ts';
import { readPage } from './blocks.ts';
import { PAGES } from './pages.ts';

type Keys = Record<string, unknown>;

const BLOCK = /```yaml\n([\s\S]*?)```/g;
const FOREIGN = /^# (?:prometheus|docker-compose|kubernetes)/;
const VIEW: Keys = { entity: 'customer', kind: 'events', interval: '1h', start: '2026-09-01', type: 'decimal' };

function blocksOf(page: string): string[] {
  const texts = [...readPage(page).matchAll(BLOCK)].map(([, text = '']) => text);
  return texts.filter((text) => !FOREIGN.test(text) && Object.keys(parse(text) ?? {}).length > 0);
}

/** A view of this name that fits the block that names it, with a tag if it is named by one. */
function otherView(name: string): Keys {
  const query = 'select customer_id as entity_id, at as timestamp, value from t where at >= {{start}} and at < {{end}}';
  const [, tag] = name.split(':');
  return {
    ...VIEW,
    name: tag === undefined ? name : `of_${tag}`,
    source: 'shop',
    query,
    freshness: '30h',
    ...(tag && { tags: [tag] }),
  };
}

const DECLARED: Keys = {
  from: { table: 'events', entity_id: 'user_id', timestamp: 'at' },
  features: [{ name: 'n', type: 'int', aggregate: 'count' }],
};

const files = ({ from }: Keys) => typeof from === 'object' && from !== null && 'files' in from;

function isDeclared({ from, features }: Keys): boolean {
  const aggregates = Array.isArray(features) ? features.map((feature: Keys) => feature['aggregate']) : [];
  return from !== undefined || aggregates.some((aggregate) => aggregate !== undefined);
}

/** The keys of a view with what a part of one leaves out. */
function wholeView(keys: Keys): Keys {
  if (keys['kind'] === 'pushed') return keys;
  const { type: _, ...rest } = otherView('customer_orders');
  const { query, source, interval, start, ...others } = rest;
  if (isDeclared(keys))
    return {
      ...others,
      interval: files(keys) ? '1d' : interval,
      start,
      kind: 'snapshot',
      source: files(keys) ? 'lake' : source,
      ...DECLARED,
      ...keys,
    };
  const isLatest = keys['kind'] === 'latest';
  const isHttp = keys['path'] !== undefined;
  const isLake = keys['files'] !== undefined || keys['tables'] !== undefined;
  const base = isLatest ? others : { ...others, interval: isLake ? '1d' : interval, start };
  const text = isLatest ? 'select id as entity_id, now() as timestamp, stock as value from products' : query;
  const reads = {
    source: isLake ? 'lake' : isHttp ? 'engine' : source,
    ...(keys['columns'] === undefined && keys['keys'] === undefined && { query: text }),
  };
  const value = keys['features'] === undefined && keys['type'] === undefined ? { type: 'decimal' } : {};
  return { ...base, ...reads, ...value, ...keys };
}

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The files of a project that holds a block, and what the block names. */
function projectOf(keys: Keys): Record<string, string> {
  const isConfig = Object.keys(keys).every((key) => key in configFile.shape);
  const rules = isConfig && keys['alerts'] ? ((keys['alerts'] as Keys)['rules'] as Keys[]) : []; // of a block that shows rules
  const tokens =
    isConfig && keys['api'] ? Object.values(((keys['api'] as Keys)['tokens'] ?? {}) as Record<string, Keys>) : []; // of a block that shows tokens
  const isJob = 'cron' in keys;
  const named = [
    ...list(keys['after']),
    ...(isJob ? list(keys['views']) : []),
    ...rules.flatMap((rule) => list(rule['views'])),
    ...tokens.flatMap((token) => list(token['views'])),
  ];
  const sources = {
    ...(parse(MILLRACE_YAML).sources as Keys),
    engine: { url: 'https://api.example.com/v1' },
    ...(isConfig ? (keys['sources'] as Keys | undefined) : {}),
  };
  const files: Record<string, string> = {
    'millrace.yaml': stringify({ ...parse(MILLRACE_YAML), ...(isConfig ? keys : {}), sources }),
    'features/late.yaml': stringify(otherView('always_fresh')),
  };
  for (const name of new Set(named)) files[`features/${name.replace(':', '_')}.yaml`] = stringify(otherView(name));
  if (isJob) files['jobs/nightly.yaml'] = stringify(keys);
  if (!isConfig && !isJob) files['features/shown.yaml'] = stringify(wholeView(keys));
  return files;
}

/** Whether a block is of datasets/, all of it or a part. */
function isDataset(keys: Keys): boolean {
  return 'labels' in keys || Object.keys(keys).every((key) => key in datasetFile.shape && !(key in viewFile.shape));
}

/** Whether a block is of services/: its features are names, or maps with `feature`. */
function isService(keys: Keys): boolean {
  const isFeature = (one: unknown) =>
    typeof one === 'string' || (one !== null && typeof one === 'object' && 'feature' in one);
  return Array.isArray(keys['features']) && keys['features'].every(isFeature);
}

describe('yaml blocks', () => {
  test.each(PAGES)('of %s are valid', async (page) => {
    for (const text of blocksOf(page)) {
      const keys = parse(text) as Keys; // definitions are maps
      if (isDataset(keys))
        expect({ text, problem: datasetFile.partial().safeParse(keys).error?.message }).toEqual({ text });
      else if ('expect' in keys)
        expect({ text, problem: viewTestFile.safeParse(keys).error?.message }).toEqual({ text });
      else if (isService(keys)) expect({ text, problem: serviceFile.safeParse(keys).error?.message }).toEqual({ text });
      else expect({ text, problems: await problemsOf(projectOf(keys)) }).toEqual({ text, problems: [] });
    }
  });

  test('are refused if a key is unknown', async () => {
    expect(await problemsOf(projectOf({ settel: '10m' }))).toEqual([expect.stringContaining('settel')]);
  });
});
