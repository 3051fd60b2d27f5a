// The definition in a receipt, as strict as the one of a project: parts of it become SQL, and a receipt is a file that anyone
// may have written.

import { z } from 'zod';
import { epochMsOf } from '../core/instant.ts';
import { DATASET_FORMATS, type Dataset, PARTITIONS, SPLIT_NAMES } from '../definition/dataset.ts';
import { PARTS_MAX } from '../definition/entity.ts';
import { patternProblem } from '../definition/file-pattern.ts';
import { fieldType, fieldTypeOf, name } from '../definition/files/field.ts';

/** The most that a definition can write, `99999d`. */
const DURATION_MAX_MS = 99_999 * 86_400_000;
/** The years 1 to 9999, which dates of definitions have. */
const [FIRST_MS, LAST_MS] = [-62_135_596_800_000, 253_402_300_799_999];

const durationMs = (min: number) => z.int().min(min).max(DURATION_MAX_MS);
const instant = () => z.int().min(FIRST_MS).max(LAST_MS).transform(epochMsOf);
const column = () => z.string().min(1);

const files = z.strictObject({
  pattern: z.string().refine((pattern) => patternProblem(pattern) === null, { error: 'not a file pattern' }),
  format: z.enum(['csv', 'json', 'parquet']),
  types: z.record(z.string(), fieldType().transform(fieldTypeOf)),
  windowMs: z.literal(0),
  onMissing: z.literal('fail'),
  lateMs: z.literal(0),
  onBadField: z.literal('fail'),
});

const labels = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('query'), source: name(), query: z.string().min(1) }),
  z.strictObject({ kind: z.literal('files'), source: name(), files, query: z.string().min(1).nullable() }),
  z.strictObject({ kind: z.literal('steps'), everyMs: durationMs(1), entities: name() }),
]);

const view = z.strictObject({
  view: name(),
  as: name(),
  features: z.array(name()).min(1).nullable(),
  ageMaxMs: durationMs(1).nullable(),
  entityColumn: column(),
  entityColumns: z.array(column()).min(1).max(PARTS_MAX).exactOptional(),
});

const split = z.strictObject({
  by: z.enum(['entity', 'time']),
  parts: z.array(z.strictObject({ name: z.enum(SPLIT_NAMES), share: z.number().min(0).max(1) })).min(1),
});

/** A definition as `parseDataset` returns it. */
export const receiptDefinition: z.ZodType<Dataset> = z
  .strictObject({
    name: name(),
    description: z.string(),
    labels,
    start: instant(),
    end: instant(),
    views: z.array(view).min(1),
    delayMs: durationMs(0),
    coverage: z.enum(['required', 'null']),
    format: z.enum(DATASET_FORMATS),
    partition: z.enum(PARTITIONS).nullable(),
    split: split.nullable(),
  })
  .refine(({ start, end }) => start < end, { path: ['end'], error: 'expected a time after start' });
