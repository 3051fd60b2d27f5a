// The library: the exports of the package `millrace`.

export { joinParts as entityIdOf } from './core/entity-id.ts';
export { Failure, type FailureCode } from './core/failure.ts';
export { type EpochMicros, epochMicrosOf } from './core/instant.ts';
export type { FeatureValue } from './feature-types/index.ts';
export type { JsonValue } from './feature-types/json.ts';
export type { AsOf, EntityRows, FeatureRow } from './offline/feature-row.ts';
export { openReader, type Reader, type ReaderOptions } from './reader.ts';
export type {
  AnyFeatures,
  CallOptions,
  EntityAt,
  EntityParts,
  FeatureCatalog,
  KeyOf,
  Moment,
  RowOf,
  RowsOf,
  TrainingRow,
  TrainingSetOptions,
  TrainingView,
} from './reader-types.ts';
