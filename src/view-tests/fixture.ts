// Where the given rows of a test are: a throw-away database, or a folder with files.

import type { FeatureView } from '../definition/view.ts';
import type { ViewTest } from '../definition/view-test.ts';

/** The given rows of one test, at a URL that a source opens. */
export type Fixture = AsyncDisposable & { readonly url: string };

/** A kind of engine. It starts its server on first use. */
export type FixtureKind = AsyncDisposable & {
  make(test: ViewTest, view: FeatureView): Promise<Fixture>;
};
