// The receipt of a training set, _receipt.json next to its files: what it was made of, and what its files must be.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Failure } from '../core/failure.ts';
import { safe, text, value } from '../core/message.ts';
import { receiptDefinition } from './receipt-definition.ts';

export const RECEIPT_FILE = '_receipt.json';

const interval = z.object({ start: z.string(), end: z.string() });
const columnFacts = z.object({ nulls: z.int(), digest: z.string() });

/** One file of a set. `columns` are its columns by name, the digest of each over its values in the order of rows. */
const part = z.object({
  file: z.string(),
  rows: z.int(),
  bytes: z.int(),
  sha256: z.string(),
  snapshotAt: z.string(),
  /** View → its newest change that the part knows. */
  commits: z.record(z.string(), z.int().nullable()),
  /** What wrote the file, and computed the digests of its columns. */
  engine: z.string(),
  /** View → how its rows were found, and how many labels have a row, or may have one in a hole. */
  joins: z.record(z.string(), z.object({ way: z.enum(['lookup', 'merge']), found: z.int(), inHoles: z.int() })),
  columns: z.record(z.string(), columnFacts),
});

const view = z.object({
  view: z.string(),
  as: z.string(),
  entity: z.string(),
  dataFingerprint: z.string(),
  metaFingerprint: z.string(),
  publishNumber: z.int(),
  /** The newest change of the view that the set knows: parts may be older where they could not know it. */
  commit: z.int().nullable(),
  /** What labels could know; null for a view without coverage, or of which they could know nothing. */
  range: interval.nullable(),
  covered: z.array(interval),
  holes: z.array(interval.extend({ why: z.enum(['missing', 'skipped', 'stale', 'held']) })),
  found: z.int(),
  inHoles: z.int(),
});

/** The view that the labels come from. */
const entities = z.object({
  view: z.string(),
  dataFingerprint: z.string(),
  metaFingerprint: z.string(),
  /** Its newest change when the labels were read. */
  commit: z.int().nullable(),
});

const receipt = z.object({
  version: z.literal(1),
  millrace: z.string(),
  /** In the database that built it. */
  build: z.int().min(1),
  /** Of the build, unlike in every other database. */
  token: z.string().min(1),
  name: z.string(),
  createdAt: z.iso.datetime(),
  fingerprint: z.string(),
  /** The definition as it was built. */
  definition: receiptDefinition,
  rows: z.int().min(0),
  /** The most rows of a file. */
  partRows: z.int().min(1),
  views: z.array(view),
  /** Null if the labels come from a source. */
  entities: entities.nullable(),
  columns: z.array(columnFacts.extend({ name: z.string(), type: z.string() })),
  parts: z.array(part),
});

export type PartFacts = z.infer<typeof part>;
export type ViewFacts = z.infer<typeof view>;
export type Receipt = z.infer<typeof receipt>;

/** The receipt of a string. @throws Failure FILE_BROKEN */
export function parseReceipt(written: string, place: string): Receipt {
  const broken = (problem: string, cause?: unknown) =>
    new Failure('FILE_BROKEN', text`${value(place)} is not a training set receipt: ${safe(problem)}.`, {}, cause);
  let parsed: unknown;
  try {
    parsed = JSON.parse(written);
  } catch (error) {
    throw broken('it is not valid JSON', error);
  }
  const found = receipt.safeParse(parsed);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw broken(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

export function receiptText(receipt: Receipt): string {
  return `${JSON.stringify(receipt, null, 2)}\n`;
}

/** Columns of all parts: a column's digest is over those of its parts. */
export function columnsOfParts(
  columns: readonly { readonly name: string; readonly type: string }[],
  parts: readonly PartFacts[],
): Receipt['columns'] {
  return columns.map(({ name, type }) => {
    const facts = parts.flatMap((one) => one.columns[name] ?? []);
    const digest = createHash('sha256')
      .update(facts.map((one) => one.digest).join())
      .digest('hex');
    return { name, type, nulls: facts.reduce((sum, one) => sum + one.nulls, 0), digest };
  });
}
