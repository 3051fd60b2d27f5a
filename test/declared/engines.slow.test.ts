import { afterAll, describe, expect, test } from 'vitest';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import { viewFindings } from '../../src/definition/rules/view-rules.ts';
import { loadClickhouse } from './clickhouse-engine.ts';
import { END, type Engine, fromOf, loadEngines, valuesOf } from './events.ts';
import { askOracle, differences } from './oracle.ts';
import { randomEvents, randomFeatures, randomFilter, randomProfiles, seeded } from './random-views.ts';

const VIEWS = 300;
const SEED = Number(process.env['MILLRACE_TEST_SEED'] ?? 16);

const random = seeded(SEED);
const events = randomEvents(random, 800, END);
const profiles = randomProfiles(random);
const engines: Promise<readonly Engine[]> = Promise.all([
  loadEngines(events, profiles),
  loadClickhouse(events, profiles),
]).then(([others, clickhouse]) => [...others, clickhouse]);
afterAll(async () => {
  for (const { source } of await engines) await source[Symbol.asyncDispose]();
});

/** Two of three views can run in every engine; the others need a database. */
const written = Array.from({ length: VIEWS }, (_, index) => {
  const over = index % 3 === 0 ? ('database' as const) : ('files' as const);
  const where = random.chance(0.3) ? { where: randomFilter(random, 0) } : {};
  return { over, where, features: randomFeatures(random, over) };
});

describe('declaredSql', () => {
  test(`gives the values of the oracle in every engine, for ${VIEWS} views of seed ${SEED}`, {
    timeout: 900_000,
  }, async () => {
    const expected = askOracle(
      events,
      profiles,
      written.map(({ where, features }) => ({ ...where, features })),
    );
    const wrong: string[] = [];
    for (const engine of await engines) {
      for (const [index, { over, where, features }] of written.entries()) {
        if (engine.name === 'duckdb' && over === 'database') continue;
        // A day of rows is one file, so that there are few. Windows may then be shorter than the interval, which no user can write.
        const interval = engine.name === 'duckdb' ? '1d' : '1h';
        const keys = {
          name: 'random',
          entity: 'user',
          source: 'shop',
          kind: 'snapshot',
          interval,
          start: '2026-09-01',
        };
        const file = viewFile.parse({ ...keys, from: { ...fromOf(engine.name), ...where }, features });
        const findings = viewFindings({ sound: file, written: new Set(Object.keys(file)) });
        const view = parseView(file);
        const values = await valuesOf(engine, view).catch((error: unknown) => ({ error: { message: String(error) } }));
        const differing = [
          ...findings
            .map(({ message }) => message)
            .filter((message) => interval === '1h' || !message.includes('.window`')),
          ...differences(view, values, expected[index] ?? {}),
        ];
        if (differing.length > 0)
          wrong.push(
            `${engine.name}, view ${index}: ${JSON.stringify({ where, features })}\n  ${differing.slice(0, 3).join('\n  ')}${'error' in values ? `\n  ${JSON.stringify(values.error)}` : ''}`,
          );
      }
    }
    expect(wrong.slice(0, 12).join('\n')).toBe('');
    expect(wrong).toHaveLength(0);
  });
});
