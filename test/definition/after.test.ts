import { describe, expect, test } from 'vitest';
import { dataFingerprint, metaFingerprint } from '../../src/definition/fingerprint.ts';
import { view } from '../support/views.ts';
import { problemsOf, viewText } from './project-folder.ts';

/** The problems of views with `after`: name → the keys of each. */
const problems = (views: Readonly<Record<string, Readonly<Record<string, string | null>>>>) =>
  problemsOf(
    Object.fromEntries(
      Object.entries(views).map(([name, keys]) => [`features/${name}.yaml`, viewText({ name, ...keys })]),
    ),
  );

const LATEST = { kind: 'latest', interval: null, start: null, query: 'select now()' };

describe('after', () => {
  test('names other views, in any order', async () => {
    expect(await problems({ a: { after: '[b, c]' }, b: { after: '[c]' }, c: {} })).toEqual([]);
  });

  test('refuses unknown and duplicate views, the view itself, and views without intervals', async () => {
    expect(
      await problems({ orders: { after: '[visit, visits, visits, orders, rates]' }, visits: {}, rates: LATEST }),
    ).toEqual([
      "features/orders.yaml:9:9: `after[0]`: there is no view 'visit'; did you mean `visits`?",
      "features/orders.yaml:9:24: `after[2]`: duplicate 'visits'",
      'features/orders.yaml:9:32: `after[3]`: a view cannot come after itself',
      "features/orders.yaml:9:40: `after[4]`: 'rates' is a latest view, which has no intervals to wait for",
    ]);
  });

  test('refuses a cycle, which is reported once', async () => {
    expect(await problems({ c: { after: '[a]' }, a: { after: '[d, b]' }, b: { after: '[c]' }, d: {} })).toEqual([
      'features/a.yaml:9:8: `after`: these views form a cycle and would wait forever: a after b after c after a',
    ]);
  });

  test('is refused in a view of kind latest', async () => {
    const [problem] = await problems({ rates: { ...LATEST, after: '[a]' }, a: {} });
    expect(problem).toMatch(/`after`.*a view of kind latest has no intervals/);
  });

  test('changes only the meta fingerprint', () => {
    const [alone, later] = [view(), view({ after: ['orders'] })];
    expect(dataFingerprint(later)).toBe(dataFingerprint(alone));
    expect(metaFingerprint(later)).not.toBe(metaFingerprint(alone));
  });
});
