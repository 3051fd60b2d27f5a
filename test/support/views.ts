// Default views, for tests that state only the relevant fields.

import { type EpochMs, epochMsOf, parseInstant } from '../../src/core/instant.ts';
import { dataFingerprint, metaFingerprint, rebuildFingerprint } from '../../src/definition/fingerprint.ts';
import type { Feature, FeatureView } from '../../src/definition/view.ts';
import type { FeatureType } from '../../src/feature-types/index.ts';
import type { FingerprintedView } from '../../src/state/views/views.ts';

/** The instant of an ISO text. */
export function at(text: string): EpochMs {
  const instant = parseInstant(text);
  if (instant === null) throw new Error(`${text} is not an instant`);
  return instant;
}

/** A feature of this name and type, in the column of its name. */
export function feature(name: string, type: FeatureType, extra: Partial<Feature> = {}): Feature {
  return { name, column: name, type, nullable: false, nullsMax: null, min: null, max: null, ...extra };
}

/** A daily snapshot view of the source `shop` with one float feature, by default. */
export function view(extra: Partial<FeatureView> = {}): FeatureView {
  const name = extra.name ?? 'spend';
  return {
    name,
    description: '',
    entity: 'customer',
    tags: [],
    source: 'shop',
    kind: 'snapshot',
    unitMs: 86_400_000,
    start: at('2026-01-01'),
    end: at('2026-01-03'),
    settleMs: 0,
    lookbackUnits: 0,
    ttlMs: null,
    catchUp: 'all',
    after: [],
    freshnessMs: null,
    failuresMax: 5,
    features: [feature(name, 'float', { column: 'value' })],
    query: 'select entity_id, value, {{end}} as timestamp from spend',
    columns: null,
    files: null,
    refusedMax: 0.01,
    removedMax: 0.1,
    rowsMin: 0,
    redacted: false,
    ...extra,
  };
}

export function fingerprinted(defined: FeatureView): FingerprintedView {
  return {
    view: defined,
    data: dataFingerprint(defined),
    meta: metaFingerprint(defined),
    rebuild: rebuildFingerprint(defined),
  };
}

export const EPOCH: EpochMs = epochMsOf(0);
