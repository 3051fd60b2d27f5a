// A parsed feature service: features that are read together.

import type { JsonValue } from '../feature-types/json.ts';

export type ServiceFeature = {
  /** `view:feature`, or `view`. */
  readonly feature: string;
  /** Returned if there is no value. Absent without a default. */
  readonly default?: JsonValue;
  /** Older values count as expired, regardless of the view's ttl. */
  readonly ageMaxMs: number | null;
};

export type Service = {
  readonly name: string;
  readonly description: string;
  readonly features: readonly ServiceFeature[];
};
