// docs/reference/log-events.md lists exactly the events of the log.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** Calls of a log. Terminal messages have no dot between two words. */
const CALL = /\.(?:debug|info|warn|error)\(([^,;]*)/g;
const EVENT = /(['`])((?:[a-z_]+|\$\{\w+(?:\.\w+)?\})\.(?:[a-z_]+|\$\{\w+(?:\.\w+)?\}))\1/g;

/** All event names in src/; names with a variable part are templates, such as `run.${stage}`. */
function eventsInCode(): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const texts = files.map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'));
  const calls = texts.flatMap((text) => [...text.matchAll(CALL)].map(([, argument = '']) => argument));
  return [...new Set(calls.flatMap((call) => [...call.matchAll(EVENT)].map(([, , name = '']) => name)))];
}

function eventsInTables(): string[] {
  const page = readFileSync(join(ROOT, 'docs/reference/log-events.md'), 'utf8');
  return [...page.matchAll(/^\| `([a-z_]+\.[a-z_]+)`/gm)].map(([, name = '']) => name);
}

test('the tables list every written log event once, and no others', () => {
  const [written, documented] = [eventsInCode(), eventsInTables()];
  const templates = written.filter((name) => name.includes('$'));
  const patterns = templates.map(
    (name) => [name, new RegExp(`^${name.replaceAll('.', '\\.').replace(/\$\{[^}]*\}/, '[a-z_]+')}$`)] as const,
  );
  const isKnown = (name: string) => written.includes(name) || patterns.some(([, pattern]) => pattern.test(name));
  expect(documented.length).toBeGreaterThan(0);
  expect(documented.filter((name, index) => documented.indexOf(name) !== index || !isKnown(name))).toEqual([]);
  expect(written.filter((name) => !name.includes('$') && !documented.includes(name))).toEqual([]);
  expect(
    patterns.filter(([, pattern]) => !documented.some((name) => pattern.test(name))).map(([name]) => name),
  ).toEqual([]);
});
