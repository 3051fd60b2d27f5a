// The types of the library: what a reader knows of the views of a project, where it is told.

import type { EpochMicros } from './core/instant.ts';
import type { FeatureValue } from './feature-types/index.ts';

/** A view as `millrace types` writes it. */
export type ViewTypes = { readonly entity: string; readonly features: Readonly<Record<string, unknown>> };

/** The views of a project by name, as `millrace types` writes them: the parameter of `openReader`. */
export type FeatureCatalog = { readonly [View in string]: ViewTypes };

/** What a reader knows that was told nothing: any view, with features of any type. */
export type AnyFeatures = { readonly [view: string]: { entity: string; features: Record<string, FeatureValue> } };

export type ViewName<Catalog> = keyof Catalog & string;

/** A row of a view: when it was true, and a value per feature. */
export type RowOf<Catalog, View extends keyof Catalog> = {
  readonly eventTime: EpochMicros;
  readonly values: Catalog[View] extends { readonly features: infer Values } ? Readonly<Values> : never;
};

/** The rows of an entity or a moment, by view; null where there is none. */
export type RowsOf<Catalog, View extends keyof Catalog> = { readonly [Name in View]: RowOf<Catalog, Name> | null };

type EntityOf<Catalog, View extends keyof Catalog> = Catalog[View] extends { readonly entity: infer Entity }
  ? Entity
  : never;

type IsUnion<All, One = All> = [All] extends [never]
  ? false
  : One extends unknown
    ? [All] extends [One]
      ? false
      : true
    : never;

/** Views that are read with the same ids, which therefore are of one entity. */
export type OneEntity<Catalog, View extends keyof Catalog> =
  true extends IsUnion<EntityOf<Catalog, View>>
    ? { readonly error: 'views that are read together are of one entity' }
    : readonly View[];

/** A moment: a Date, or whole microseconds since 1970. */
export type Moment = Date | EpochMicros;

/** An entity at a moment. */
export type EntityAt = { readonly entityId: string; readonly at: Moment };

export type CallOptions = {
  /** Ends the call: it rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
};

/** How a view is used in a training set. */
export type TrainingView<Catalog, View extends ViewName<Catalog> = ViewName<Catalog>> = {
  [Name in View]: {
    readonly view: Name;
    /** Which features; all where it is left out. */
    readonly features?: readonly FeatureName<Catalog, Name>[];
    /** What the rows of the view are called; the name of the view where it is left out. */
    readonly as?: string;
    /** Rows that are older at the label do not count: `7d`. */
    readonly ageMax?: string;
    /** The property of a label that holds the entity; `entityId` where it is left out. */
    readonly entityId?: string;
  };
}[View];

type FeatureName<Catalog, View extends keyof Catalog> = Catalog[View] extends { readonly features: infer Values }
  ? keyof Values & string
  : never;

/** The view that an element of `views` names. */
type NamedView<Asked> = Asked extends { readonly view: infer View } ? View : Asked;

/** What its rows are called. */
type CalledView<Asked> = Asked extends { readonly as: infer As extends string } ? As : NamedView<Asked> & string;

type AskedFeatures<Catalog, Asked> =
  NamedView<Asked> extends infer View extends keyof Catalog
    ? Asked extends { readonly features: readonly (infer Name)[] }
      ? Pick<RowOf<Catalog, View>['values'], Name & keyof RowOf<Catalog, View>['values']>
      : RowOf<Catalog, View>['values']
    : never;

export type TrainingSetOptions<Label, Asked> = CallOptions & {
  /** Names of views, or maps with `view` and how to use it. */
  readonly views: readonly Asked[];
  /** Read as the rows are: a stream of any length takes the same memory. */
  readonly labels: Iterable<Label> | AsyncIterable<Label>;
  /** How long after an interval is settled its rows count: `10m`. */
  readonly delay?: string;
  /** `required`: a hole in coverage that labels could know ends the stream; `null`: features that it may have changed are null. */
  readonly coverage?: 'required' | 'null';
};

/** A label with what was known at its moment. */
export type TrainingRow<Catalog, Label, Asked> = {
  readonly label: Label;
  readonly rows: {
    readonly [One in Asked as CalledView<One>]: {
      readonly eventTime: EpochMicros;
      readonly values: Readonly<AskedFeatures<Catalog, One>>;
    } | null;
  };
  /** Views of which a hole in coverage may hold a newer row: their rows are null. */
  readonly inHoles: readonly string[];
};
