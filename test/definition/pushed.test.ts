import { describe, expect, test } from 'vitest';
import { checkDefinitions } from '../../src/definition/load.ts';
import { NOW, problemsOf, projectFolder, SHOP } from './project-folder.ts';

const AMOUNT = `name: amount
entity: customer
kind: pushed
type: float
ttl: 7d
`;

const pushed = (text: string, more: Record<string, string> = {}) =>
  problemsOf({ 'features/amount.yaml': text, ...more });

describe('a view of kind pushed', () => {
  test('needs neither a source nor a query', async () => {
    using project = projectFolder({ ...SHOP, 'features/amount.yaml': AMOUNT });
    const { definitions, problems } = await checkDefinitions(project.folder, NOW);
    expect(problems).toEqual([]);
    expect(definitions?.views.find(({ name }) => name === 'amount')).toMatchObject({
      kind: 'pushed',
      source: '',
      query: null,
      ttlMs: 604_800_000,
    });
  });

  test('has what describes it: description, owner and tags', async () => {
    expect(await pushed(`${AMOUNT}description: Money\nowner: risk-team\ntags: [signals]\n`)).toEqual([]);
  });

  test.each([
    ['a source', `${AMOUNT}source: shop\n`, '`source`: a view of kind pushed has no source and no intervals'],
    ['an interval', `${AMOUNT}interval: 1d\n`, '`interval`: a view of kind pushed has no source'],
    ['a ttl of zero', AMOUNT.replace('7d', '0s'), '`ttl`: expected more than zero'],
    ['a freshness of zero', `${AMOUNT}freshness: 0s\n`, '`freshness`: expected more than zero'],
    ['a rule about runs', `${AMOUNT}refused_max: 5%\n`, '`refused_max`: a view of kind pushed'],
  ])('cannot have %s', async (_, text, words) => {
    expect((await pushed(text)).join('\n')).toContain(words);
  });

  test.each([
    ['{ row: "amount > 0" }', []],
    ['{ row: "amount > 0", on_failure: warn, at_least: 99% }', []],
    ['{ unique: [amount], on_failure: warn }', []],
    [
      '{ row: "amount > 0", at_least: 99% }',
      ['`checks[0].at_least`: in a view of kind pushed, only with `on_failure: warn`'],
    ],
    ['{ unique: [amount] }', ['`checks[0].unique`: a view of kind pushed has no runs that could fail']],
    ['{ volume: 40%, on_failure: fail }', ['`checks[0].volume`: a view of kind pushed has no runs that could fail']],
    ['{ entities: { min: 1 } }', ['`checks[0].entities`: a view of kind pushed has no runs that could fail']],
    ['{ drift: amount }', ['`checks[0].drift`: a view of kind pushed has no runs that could fail']],
  ])('cannot have a check that fails a run: %s', async (check, problems) => {
    const found = await pushed(`${AMOUNT}checks:\n  - ${check}\n`);
    expect(found).toEqual(problems.map((problem) => expect.stringContaining(problem)));
  });

  test('cannot be named by a job', async () => {
    const job = SHOP['jobs/nightly.yaml']?.replace('[', '[amount, ') ?? '';
    expect((await pushed(AMOUNT, { 'jobs/nightly.yaml': job })).join('\n')).toContain(
      "`views[0]`: 'amount' is a pushed view: programs push its rows, so no job can run it",
    );
  });
});
