import { describe, expect, test } from 'vitest';
import { parseReceipt, type Receipt } from '../../src/datasets/receipt.ts';
import type { Dataset } from '../../src/definition/dataset.ts';
import { CHURN } from './small-set.ts';

const FILES = {
  kind: 'files',
  source: 'lake',
  query: null,
  files: {
    pattern: 'labels/*.csv',
    format: 'csv',
    types: { weight: 'decimal(10,2)' },
    windowMs: 0,
    onMissing: 'fail',
    lateMs: 0,
    onBadField: 'fail',
  },
} as const;
const SPLIT = {
  by: 'entity',
  parts: [
    { name: 'train', share: 0.8 },
    { name: 'test', share: 0.2 },
  ],
} as const;
const [SPEND] = CHURN.views;

function receiptOf(definition: unknown, more: Partial<Receipt> = {}): string {
  return JSON.stringify({
    version: 1,
    millrace: 'test',
    build: 1,
    token: 't',
    name: 'churn',
    createdAt: '2026-02-01T00:00:00Z',
    fingerprint: 'f',
    definition,
    rows: 0,
    partRows: 500_000,
    views: [],
    entities: null,
    columns: [],
    parts: [],
    ...more,
  });
}

describe('parseReceipt', () => {
  test.each<Dataset>([
    CHURN,
    { ...CHURN, labels: FILES, split: SPLIT, partition: 'month' },
    { ...CHURN, labels: { kind: 'steps', everyMs: 3_600_000, entities: 'spend' } },
    {
      ...CHURN,
      views: [
        {
          view: 'spend',
          as: 's',
          features: ['amount'],
          ageMaxMs: 1_000,
          entityColumn: 'entity_id',
          entityColumns: ['a', 'B c'],
        },
      ],
    },
  ])('returns the definition of a set (%#)', (definition) => {
    expect(parseReceipt(receiptOf(definition), 'sets/churn').definition).toEqual(definition);
  });

  test.each([
    [{ ...CHURN, split: { ...SPLIT, parts: [{ name: "x' end; drop schema features cascade; --", share: 1 }] } }],
    [{ ...CHURN, labels: { kind: 'steps', everyMs: "1'; drop schema features; --", entities: 'spend' } }],
    [{ ...CHURN, labels: { kind: 'steps', everyMs: 0, entities: 'spend' } }],
    [{ ...CHURN, labels: { ...FILES, files: { ...FILES.files, pattern: '/etc/passwd' } } }],
    [{ ...CHURN, labels: { ...FILES, files: { ...FILES.files, types: { weight: "decimal') --" } } } }],
    [{ ...CHURN, delayMs: "1'" }],
    [{ ...CHURN, delayMs: -1 }],
    [{ ...CHURN, start: "2026-01-01'" }],
    [{ ...CHURN, start: CHURN.end }],
    [{ ...CHURN, partition: "day'" }],
    [{ ...CHURN, format: 'orc' }],
    [{ ...CHURN, views: [{ ...SPEND, view: 'Spend"' }] }],
    [{ ...CHURN, views: [{ ...SPEND, ageMaxMs: "1'" }] }],
    [{ ...CHURN, views: [{ ...SPEND, features: ["amount'"] }] }],
    [{ ...CHURN, query: 'select 1' }],
  ])('refuses a definition that no project could have (%#)', (definition) => {
    expect(() => parseReceipt(receiptOf(definition), 'sets/churn')).toThrow(
      expect.objectContaining({ code: 'FILE_BROKEN', message: expect.stringContaining('definition') }),
    );
  });

  test('refuses parts without rows, of which there would be no end', () => {
    expect(() => parseReceipt(receiptOf(CHURN, { partRows: 0 }), 'sets/churn')).toThrow(
      expect.objectContaining({ code: 'FILE_BROKEN', message: expect.stringContaining('partRows') }),
    );
  });
});
