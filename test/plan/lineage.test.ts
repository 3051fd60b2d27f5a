import { expect, test } from 'vitest';
import { lineageOf } from '../../src/plan/lineage.ts';

test('lineageOf shows pushed views without a source', () => {
  const views = [
    { name: 'orders', source: 'shop', after: [] },
    { name: 'scores', source: '', after: [] },
  ];
  const { nodes, edges } = lineageOf(views, [{ name: 'training', views: ['orders', 'scores'] }]);
  expect(nodes.map(({ id }) => id)).toEqual(['source:shop', 'view:orders', 'view:scores', 'dataset:training']);
  expect(edges).toEqual([
    ['source:shop', 'view:orders'],
    ['view:orders', 'dataset:training'],
    ['view:scores', 'dataset:training'],
  ]);
});
