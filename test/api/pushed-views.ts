// Pushed views and rows, for tests of pushes.

import type { FeatureView } from '../../src/definition/view.ts';
import { view } from '../support/views.ts';

export const pushed = (extra: Partial<FeatureView> = {}): FeatureView =>
  view({ kind: 'pushed', source: '', query: null, end: null, tags: ['signals'], ...extra });

export const T = '2026-01-05T10:00:00Z';
