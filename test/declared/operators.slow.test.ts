// Each operator and filter of docs/reference/operators.md, as it is written there, in every engine.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { COMPARISONS } from '../../src/definition/declared/filter.ts';
import { OPERATOR_NAMES } from '../../src/definition/declared/operators.ts';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import { queryOf } from '../../src/definition/query/view-query.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { END, type Engine, fromOf, loadEngines, valuesOf } from './events.ts';
import { askOracle, differences } from './oracle.ts';
import { randomEvents, randomProfiles, seeded } from './random-views.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/reference/operators.md'), 'utf8');
const random = seeded(1);
const events = randomEvents(random, 300, END);
const profiles = randomProfiles(random);
const engines = loadEngines(events, profiles);
afterAll(async () => {
  for (const { source } of await engines) await source[Symbol.asyncDispose]();
});

/** The cells of code of a table with this first column. */
function tableOf(heading: string): readonly (readonly [string, string, string])[] {
  const [, rows = ''] = page.replaceAll(/ +\|/g, ' |').split(`| ${heading} |`);
  const lines = rows.split('\n').slice(2);
  return lines.slice(0, lines.indexOf('')).map((line) => {
    const [, name = '', text = '', sql = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/^`|`$/g, ''));
    return [name, text, sql.replaceAll('\\|', '|')] as const;
  });
}

const OPERATORS = tableOf('operator | feature');
const FILTERS = tableOf('comparison | filter');

function viewOf(engine: Engine['name'], features: readonly unknown[]): FeatureView {
  const keys = {
    name: 'table',
    entity: 'user',
    source: 'shop',
    kind: 'snapshot',
    interval: engine === 'duckdb' ? '1d' : '1h',
    start: '2026-09-01',
  };
  return parseView(viewFile.parse({ ...keys, from: fromOf(engine), features }));
}

/** With a feature that reads all rows, or in files as many. */
function featuresOf(feature: Record<string, unknown>, engine: Engine['name']): Record<string, unknown>[] {
  const rest = {
    name: 'everything',
    type: 'int',
    aggregate: 'count',
    ...(engine === 'duckdb' ? { window: '9d' } : {}),
  };
  return [engine === 'duckdb' ? { window: '9d', ...feature } : feature, rest];
}

async function wrongIn(feature: Record<string, unknown>): Promise<string[]> {
  const found: string[] = [];
  for (const engine of await engines) {
    if (engine.name === 'duckdb' && feature['aggregate'] === 'lookup') continue;
    const features = featuresOf(feature, engine.name);
    const view = viewOf(engine.name, features);
    const [expected = {}] = askOracle(events, profiles, [{ features }]);
    expect(Object.keys(expected).length).toBeGreaterThan(5);
    found.push(...differences(view, await valuesOf(engine, view), expected).map((line) => `${engine.name}: ${line}`));
  }
  return found;
}

describe('docs/reference/operators.md', () => {
  test.each(OPERATORS)('shows %s and its SQL', async (_, text, sql) => {
    const feature = parse(text) as Record<string, unknown>;

    expect(queryOf(viewOf('postgres', featuresOf(feature, 'postgres')), 'postgres')).toContain(`  ${sql} as `);
    expect(await wrongIn(feature)).toEqual([]);
  });

  test.each(FILTERS)('shows %s and its SQL', async (_, text, sql) => {
    const feature = { name: 'rows', type: 'int', aggregate: 'count', where: parse(text) as unknown };

    expect(queryOf(viewOf('postgres', featuresOf(feature, 'postgres')), 'postgres')).toContain(
      `(where ${sql}) as "rows"`,
    );
    expect(await wrongIn(feature)).toEqual([]);
  });

  test('shows all operators and comparisons', () => {
    const shown = new Set(OPERATORS.map(([, text]) => (parse(text) as { aggregate: string }).aggregate));
    const compared = FILTERS.flatMap(([, text]) => COMPARISONS.filter((word) => text.includes(`${word}:`)));

    expect([...shown].sort()).toEqual([...OPERATOR_NAMES].sort());
    expect([...new Set(compared)].sort()).toEqual([...COMPARISONS].sort());
  });
});
