// Views that were redacted later: what was stored about them before may quote values. No command prints them, as text or
// as JSON, regardless of the failure code and of the words around the value.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plantSecrets, redactPlanted } from '../support/plant-secrets.ts';
import {
  CODES,
  ofCode,
  type Planted,
  planted,
  SAMPLED,
  SAMPLED_CODES,
  SECRETS,
  secretOf,
  secretsIn,
} from '../support/planted-secret.ts';
import { freshRedis, migratedDatabase } from '../support/servers.ts';
import { openWorld, type World } from '../support/world.ts';
import { performMillrace, projectFolder } from './world.ts';

let state: World;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  const url = await migratedDatabase();
  state = await openWorld({ sources: { shop: url }, database: url });
  await plantSecrets(state);
  folder = await projectFolder({
    'millrace.yaml': `project: shop\noffline: { url: "\${OFFLINE}" }\nonline: { url: "\${ONLINE}" }\nqueue: { url: "\${QUEUE}" }\nsources:\n  shop: { url: "\${OFFLINE}" }\n`,
  });
  env = { OFFLINE: url, ONLINE: await freshRedis('online'), QUEUE: await freshRedis('queue') };
});
afterAll(() => state[Symbol.asyncDispose]());

/** What a command prints, as text and as JSON. */
async function printed(words: string): Promise<{ readonly text: string; readonly json: string }> {
  const [text, json] = [
    await performMillrace(folder, words, env),
    await performMillrace(folder, `${words} --json`, env),
  ];
  return { text: text.stdout + text.stderr, json: json.stdout + json.stderr };
}

/** Commands that print each combination as JSON, and the first ones as text. */
const LISTS = [
  'status --limit 1000',
  'runs many --limit 1000',
  'quarantine many --rows --limit 1000',
  'intervals many',
  'backfills --all --limit 1000',
  'alerts --limit 1000',
  'plan',
];
/** Commands that print only the first ones. */
const SUMMARIES = [
  `backfills show ${planted.many.backfill}`,
  'quarantine many --limit 1000',
  'profile stored',
  'profile stored --feature value',
];
const OTHERS = ['runs --limit 1000', 'audit --limit 1000'];

/** Of one view, its runs and its backfill. */
function commandsOf(one: Planted): string[] {
  const [failed, waiting, paused] = [planted.failed(one), planted.waiting(one), planted.paused(one)];
  return [
    `status ${failed.view} ${waiting.view} ${paused.view}`,
    `intervals ${failed.view}`,
    `runs show ${waiting.id}`,
    `runs show ${planted.stored.run(one)}`,
    `profile stored --run ${planted.stored.run(one)}`,
    `backfills show ${failed.id}`,
  ];
}

/** Operations on a paused view, its failed run and the backfill of another one. */
function operationsOn(one: Planted): string[] {
  const [{ view, id }, { id: backfill }] = [planted.paused(one), planted.failed(one)];
  return [
    `retry ${id}`,
    `resume ${view}`,
    `retry ${id}`,
    `backfills pause ${backfill}`,
    `backfills cancel ${backfill}`,
  ];
}

describe('what was stored about a view', () => {
  beforeAll(() => redactPlanted(state, false));

  test.each(LISTS)('is printed by %s while the view is not redacted', async (words) => {
    const { text, json } = await printed(words);
    expect(secretsIn(text)).not.toEqual([]);
    expect(secretsIn(json)).toEqual(SECRETS);
  });

  test.each(SUMMARIES)('is printed by %s while the view is not redacted', async (words) => {
    const { text, json } = await printed(words);
    expect([secretsIn(text), secretsIn(json)]).not.toContainEqual([]);
  });

  test('is printed by the commands of a view', async () => {
    const one = ofCode('SOURCE_QUERY')[0] as Planted; // each code has all wordings
    for (const words of [`runs show ${planted.failed(one).id}`, ...commandsOf(one)]) {
      const { text, json } = await printed(words);
      expect([words, secretsIn(text), secretsIn(json)]).toEqual([words, [secretOf(one)], [secretOf(one)]]);
    }
  });
});

describe('what was stored about a redacted view', () => {
  beforeAll(() => redactPlanted(state, true));

  test.each([...LISTS, ...SUMMARIES, ...OTHERS])('is not printed by %s', async (words) => {
    const { text, json } = await printed(words);
    expect([secretsIn(text), secretsIn(json)]).toEqual([[], []]);
  });

  test('is not printed by status of each view', async () => {
    const views = SAMPLED.flatMap((one) => [planted.failed(one), planted.waiting(one), planted.paused(one)]);
    const { text, json } = await printed(`status ${views.map(({ view }) => view).join(' ')}`);
    expect([secretsIn(text), secretsIn(json)]).toEqual([[], []]);
  });

  test.each(SAMPLED_CODES)(
    'is printed by no command of the view: %s',
    async (code) => {
      const all = ofCode(code);
      // All wordings with the command that prints most, and the others with one of them each.
      const others = all.filter((_, index) => index === CODES.indexOf(code) % all.length).flatMap(commandsOf);
      for (const words of [...all.map((one) => `runs show ${planted.failed(one).id}`), ...others]) {
        const { text, json } = await printed(words);
        expect([words, secretsIn(text), secretsIn(json)]).toEqual([words, [], []]);
      }
    },
    30_000,
  );

  test('is printed by no operation, and is in no row of the audit', async () => {
    const ones = SAMPLED_CODES.map((code, index) => ofCode(code)[index % ofCode(code).length] as Planted); // each code has all wordings
    for (const words of [...ones.flatMap(operationsOn), 'retry --failed']) {
      const { stdout, stderr } = await performMillrace(folder, words, env);
      expect([words, secretsIn(stdout + stderr)]).toEqual([words, []]);
    }
    const audited = await state.sql('select verb, to_jsonb(a)::text as row from millrace.audit a');
    const verbs = new Set(audited.map(({ verb }) => verb));
    expect(verbs).toEqual(new Set(['retry', 'resume', 'backfill.pause', 'backfill.cancel']));
    expect(secretsIn(JSON.stringify(audited))).toEqual([]);
  }, 300_000);
});
