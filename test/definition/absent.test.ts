import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { dataFingerprint } from '../../src/definition/fingerprint.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import { viewText } from '../../src/definition/view-text.ts';
import { problemsOf, viewText as written } from './project-folder.ts';

async function sentencesOf(keys: Readonly<Record<string, string | null>>): Promise<string[]> {
  const problems = await problemsOf({ 'features/x.yaml': written(keys) });
  return problems.map((problem) => problem.replace(/^features\/x\.yaml:\d+:\d+: /, ''));
}

const zero = { complete: 'true', absent: 'zero' };
const NO_ZERO = '`absent`: the feature';

describe('absent', () => {
  test.each<[Readonly<Record<string, string | null>>, string[]]>([
    [{ ...zero, type: 'decimal' }, []],
    [{ ...zero, type: 'string', nullable: 'true' }, []],
    [
      { ...zero, type: 'string' },
      [`${NO_ZERO} is string, which has no zero; make it \`nullable\`, or use \`absent: remove\``],
    ],
    [
      { ...zero, type: null, features: '[{ name: a, type: int }, { name: b, type: bool }]' },
      [`${NO_ZERO} 'b' is bool, which has no zero; make it \`nullable\`, or use \`absent: remove\``],
    ],
    [{ complete: 'true', absent: 'remove', type: 'string' }, []],
    [{ absent: 'zero' }, ['`absent`: only for a view with `complete: true`']],
    [{ ...zero, absent: 'zeros' }, ["`absent`: expected one of remove, zero, found 'zeros'; did you mean `zero`?"]],
  ])('%j', async (keys, problems) => {
    expect(await sentencesOf(keys)).toEqual(problems);
  });

  test('is in the normal form and in the data fingerprint', () => {
    const keys = { name: 'x', entity: 'c', source: 'shop', kind: 'snapshot', interval: '1d', start: '2026-01-01' };
    const viewOf = (more: object) =>
      parseView(viewFile.parse({ ...keys, type: 'int', query: 'select {{end}}', complete: true, ...more }));
    const zeros = viewOf({ absent: 'zero' });

    expect(parseView(viewFile.parse(parse(viewText(zeros))))).toEqual(zeros);
    expect(dataFingerprint(zeros)).not.toBe(dataFingerprint(viewOf({})));
    expect(viewOf({ absent: 'remove' })).toEqual(viewOf({}));
  });
});
