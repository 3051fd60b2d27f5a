// The routes behind a token.

import type { AddRoute } from '../route.ts';
import { addAsOf } from './as-of.ts';
import { addEntities } from './entities.ts';
import { addOnline } from './online.ts';
import { addViews } from './views.ts';

export const ROUTES: readonly AddRoute[] = [addOnline, addEntities, addAsOf, addViews];
