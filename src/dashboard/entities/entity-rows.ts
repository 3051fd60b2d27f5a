// The rows of one entity in both stores, as the entity page gets them.

import type { Failure } from '../../core/failure.ts';
import type { EpochMicros } from '../../core/instant.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { FeatureValue } from '../../feature-types/index.ts';

/** `values` is null if the view is redacted. */
export type StoredRow = {
  readonly eventTime: EpochMicros;
  readonly values: Readonly<Record<string, FeatureValue>> | null;
};

/** Null if there is no row; a failure if the store cannot be read. */
export type EntityInView = {
  readonly view: FeatureView;
  readonly offline: (StoredRow & { readonly run: number }) | Failure | null;
  readonly online: StoredRow | Failure | null;
};

/** Reads an entity in views, in their order. Rejects only for bugs. */
export type ReadEntity = (views: readonly FeatureView[], entityId: string) => Promise<readonly EntityInView[]>;
