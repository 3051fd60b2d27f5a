// The types of the library: a reader knows the views of a project if it is given a catalog.

import type { EpochMicros } from './core/instant.ts';
import type { FeatureValue } from './feature-types/index.ts';

/** A view as `millrace types` writes it. */
export type ViewTypes = {
  /** A name, or the names of the components of a composite entity. */
  readonly entity: string | readonly string[];
  readonly features: Readonly<Record<string, unknown>>;
};

/** The views of a project by name, as `millrace types` writes them: the parameter of `openReader`. */
export type FeatureCatalog = { readonly [View in string]: ViewTypes };

/** The catalog of a reader without one: any view, with features of any type. */
export type AnyFeatures = {
  readonly [view: string]: { entity: readonly string[]; features: Record<string, FeatureValue> };
};

export type ViewName<Catalog> = keyof Catalog & string;

/** A row of a view: its event time, and a value per feature. */
export type RowOf<Catalog, View extends keyof Catalog> = {
  readonly eventTime: EpochMicros;
  readonly values: Catalog[View] extends { readonly features: infer Values } ? Readonly<Values> : never;
};

/** The rows of an entity, by view; null if there is none. */
export type RowsOf<Catalog, View extends keyof Catalog> = { readonly [Name in View]: RowOf<Catalog, Name> | null };

type EntityOf<Catalog, View extends keyof Catalog> = Catalog[View] extends { readonly entity: infer Entity }
  ? Entity
  : never;

/** The components of a composite entity by name: `{ customer: '17', product: '3' }`. */
export type EntityParts = Readonly<Record<string, string>>;

/** How entities of a view are named: by an id, or by components. */
export type KeyOf<Catalog, View extends keyof Catalog> =
  EntityOf<Catalog, View> extends readonly (infer Part extends string)[]
    ? string | { readonly [Name in Part]: string }
    : string;

type IsUnion<All, One = All> = [All] extends [never]
  ? false
  : One extends unknown
    ? [All] extends [One]
      ? false
      : true
    : never;

/** Views that are read with the same ids must have the same entity. */
export type OneEntity<Catalog, View extends keyof Catalog> =
  true extends IsUnion<EntityOf<Catalog, View>>
    ? { readonly error: 'views that are read together must have the same entity' }
    : readonly View[];

/** A time: a Date, or whole microseconds since 1970. */
export type Moment = Date | EpochMicros;

/** An entity at a time. */
export type EntityAt<Key = string | EntityParts> = { readonly entityId: Key; readonly at: Moment };

export type CallOptions = {
  /** Aborts the call, which then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
};

/** How a view is used in a training set. */
export type TrainingView<Catalog, View extends ViewName<Catalog> = ViewName<Catalog>> = {
  [Name in View]: {
    readonly view: Name;
    /** The features to read; by default, all. */
    readonly features?: readonly FeatureName<Catalog, Name>[];
    /** The name of the rows in the result; by default, the name of the view. */
    readonly as?: string;
    /** Ignores rows that are older than this at the label: `7d`. */
    readonly ageMax?: string;
    /** The property of a label with the entity, an id or components; by default, `entityId`. */
    readonly entityId?: string;
  };
}[View];

type FeatureName<Catalog, View extends keyof Catalog> = Catalog[View] extends { readonly features: infer Values }
  ? keyof Values & string
  : never;

/** The view that an element of `views` names. */
type NamedView<Asked> = Asked extends { readonly view: infer View } ? View : Asked;

/** The name of its rows in the result. */
type CalledView<Asked> = Asked extends { readonly as: infer As extends string } ? As : NamedView<Asked> & string;

type AskedFeatures<Catalog, Asked> =
  NamedView<Asked> extends infer View extends keyof Catalog
    ? Asked extends { readonly features: readonly (infer Name)[] }
      ? Pick<RowOf<Catalog, View>['values'], Name & keyof RowOf<Catalog, View>['values']>
      : RowOf<Catalog, View>['values']
    : never;

/** The label property that contains the entity of an element of `views`; `string` if the compiler does not know it. */
type PropertyOf<Asked> = Asked extends { readonly entityId: infer Property extends string } ? Property : 'entityId';

/** The properties that labels lack, or that cannot contain an entity of their view. */
type UnfitProperty<Catalog, Label, Asked> = Asked extends unknown
  ? string extends PropertyOf<Asked>
    ? never
    : PropertyOf<Asked> extends keyof Label
      ? [Label[PropertyOf<Asked>]] extends [KeyOf<Catalog, NamedView<Asked> & keyof Catalog>]
        ? never
        : PropertyOf<Asked>
      : PropertyOf<Asked>
  : never;

/** The views whose entity is in a property. */
type ViewsBy<Property, Asked> = Asked extends unknown
  ? [PropertyOf<Asked>] extends [Property]
    ? NamedView<Asked>
    : never
  : never;

/** The properties that would contain two entities. */
type SharedProperty<Catalog, Asked, Property = PropertyOf<Asked>> = Property extends unknown
  ? true extends IsUnion<EntityOf<Catalog, ViewsBy<Property, Asked> & keyof Catalog>>
    ? Property
    : never
  : never;

/** Options of an element of `views` that do not exist; they would have no effect. */
type UnknownOption<Asked> = 0 extends 1 & Asked
  ? never // `any` may have any option.
  : Asked extends { readonly view: unknown }
    ? Exclude<keyof Asked, 'view' | 'features' | 'as' | 'ageMax' | 'entityId'>
    : never;

/** The elements of `views`, if they fit the labels and have no unknown options. */
export type FitViews<Catalog, Label, Asked> = [UnknownOption<Asked>] extends [never]
  ? EntityProperties<Catalog, Label, Asked>
  : { readonly error: 'a view has no such option'; readonly option: UnknownOption<Asked> };

/** Each view needs a property of the labels with its entity, and views of different entities need different properties. */
type EntityProperties<Catalog, Label, Asked> = [UnfitProperty<Catalog, Label, Asked>] extends [never]
  ? [SharedProperty<Catalog, Asked>] extends [never]
    ? readonly Asked[]
    : {
        readonly error: 'views of different entities need different label properties: set entityId';
        readonly property: SharedProperty<Catalog, Asked>;
      }
  : {
      readonly error: 'the labels have no such property, or it cannot contain the entity of the view';
      readonly property: UnfitProperty<Catalog, Label, Asked>;
    };

export type TrainingSetOptions<Label, Asked, Catalog = AnyFeatures> = CallOptions & {
  /** Names of views, or maps with `view` and how to use it. */
  readonly views: readonly Asked[] & FitViews<Catalog, Label, Asked>;
  /** Read on demand, so that a stream of any length takes the same memory. */
  readonly labels: Iterable<Label> | AsyncIterable<Label>;
  /** Rows count as known this long after their interval has settled: `10m`. */
  readonly delay?: string;
  /** `required`: a hole in coverage that affects a label ends the stream with a failure; `null`: affected features are null. */
  readonly coverage?: 'required' | 'null';
};

/** A label with the rows that were known at its time. */
export type TrainingRow<Catalog, Label, Asked> = {
  readonly label: Label;
  readonly rows: {
    readonly [One in Asked as CalledView<One>]: {
      readonly eventTime: EpochMicros;
      readonly values: Readonly<AskedFeatures<Catalog, One>>;
    } | null;
  };
  /** Views with a hole in coverage that may hide a newer row: their rows are null. */
  readonly inHoles: readonly string[];
};
