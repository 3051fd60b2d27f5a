// The library: what a program that uses features imports from `millrace`.

export { Failure, type FailureCode } from './core/failure.ts';
export { type EpochMicros, epochMicrosOf } from './core/instant.ts';
export type { AsOf } from './offline/read-as-of.ts';
export type { FeatureRow, FeatureValue } from './offline/value-text.ts';
export type { EntityRows } from './online/read.ts';
export { openReader, type Reader, type ReaderOptions } from './reader.ts';
