// What replacing a row range is given, and what it returns.

import type { Interval } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';

export type Replacement = {
  readonly view: FeatureView;
  readonly runId: number;
  /** SQL that notes the entities of a query, one column `entity_id`: their rows go. */
  readonly noteRemoved: (entities: string) => string;
  readonly span: Interval | null;
  readonly staging: string;
  /** The table with the keys of refused rows, whose stored rows stay; null where none was refused. */
  readonly refused: string | null;
  /** SQL: the multirange that an edit applied as `restate` has made wrong. */
  readonly redefined: string;
  /** Whether rows of the range may be stored already. */
  readonly mayHoldRows: boolean;
  /** Whether staging may hold rows with equal entity and time. If it does although it is `unlikely`, DuplicateKeys is thrown. */
  readonly duplicates: 'unlikely' | 'possible';
};

/** What became of the accepted rows, and of those that were stored. */
export type ReplacementCounts = {
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly duplicates: number;
  readonly removed: number;
  readonly kept: number;
};

/** What a run did to the rows that were stored in its range. */
export type Removal = {
  readonly stored: number;
  /** Those that are gone: no row that was read, accepted or refused, has their key. */
  readonly removed: number;
  /** Those that stayed as they were, because the row of their key was refused. */
  readonly kept: number;
  /** Those of the kept ones that an edit applied as `restate` has made wrong. */
  readonly outdated: number;
};

export const NO_REMOVAL: Removal = { stored: 0, removed: 0, kept: 0, outdated: 0 };

/** `lost`: the units that lost a row, as a multirange. */
export type Replaced = { readonly counts: ReplacementCounts; readonly removal: Removal; readonly lost: string };
