// Is a training set still what its receipt says?

import { readFile } from 'node:fs/promises';
import { Failure } from '../core/failure.ts';
import { text, value } from '../core/message.ts';
import type { FileLocation, ListedFile } from '../sources/storage/file-location.ts';
import { sha256Of } from './part.ts';
import { parseReceipt, RECEIPT_FILE, type Receipt } from './receipt.ts';

/** What is wrong with a file of a set. */
export type FileProblem = {
  readonly file: string;
  readonly problem: 'missing' | 'other_size' | 'other_bytes' | 'not_in_receipt';
  /** As the receipt says, and as it is; null for a file that is not there, or not in the receipt. */
  readonly expected: string | number | null;
  readonly found: string | number | null;
};

export type Verified = { readonly receipt: Receipt; readonly problems: readonly FileProblem[] };

/** Compares every file of a set with its receipt. @throws Failure NOT_FOUND, FILE_BROKEN, or as FileLocation does. */
export async function verifySet(location: FileLocation, signal: AbortSignal): Promise<Verified> {
  const listed = await location.list([RECEIPT_FILE, '*', '*/*'], signal);
  const receipt = await readReceipt(location, listed, signal);
  const problems: FileProblem[] = [];
  for (const { file, bytes, sha256 } of receipt.parts) {
    const found = listed.find(({ name }) => name === file);
    if (found === undefined) problems.push({ file, problem: 'missing', expected: bytes, found: null });
    else if (found.bytes !== bytes) problems.push({ file, problem: 'other_size', expected: bytes, found: found.bytes });
    else {
      const digest = await digestOf(location, found, signal);
      if (digest !== sha256) problems.push({ file, problem: 'other_bytes', expected: sha256, found: digest });
    }
  }
  const known = new Set([RECEIPT_FILE, ...receipt.parts.map(({ file }) => file)]);
  const extra = listed.filter(({ name }) => !known.has(name));
  for (const { name, bytes } of extra) {
    problems.push({ file: name, problem: 'not_in_receipt', expected: null, found: bytes });
  }
  return { receipt, problems };
}

async function readReceipt(
  location: FileLocation,
  listed: readonly ListedFile[],
  signal: AbortSignal,
): Promise<Receipt> {
  const found = listed.find(({ name }) => name === RECEIPT_FILE);
  if (found === undefined) {
    const what = text`${value(location.label)} is not a training set: it has no ${value(RECEIPT_FILE)}.`;
    throw new Failure('NOT_FOUND', what);
  }
  await using readable = await location.open([found], signal);
  return parseReceipt(await readFile(readable.files[0]?.path ?? '', 'utf8'), `${location.label}/${RECEIPT_FILE}`);
}

async function digestOf(location: FileLocation, file: ListedFile, signal: AbortSignal): Promise<string> {
  await using readable = await location.open([file], signal);
  const digest = await sha256Of(readable.files[0]?.path ?? '');
  await readable.requireUnchanged();
  return digest;
}
