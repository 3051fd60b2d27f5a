// Vitest evaluates this for each test file, before it.

import { afterAll } from 'vitest';
import { cleanUp } from './after-file.ts';
import './presentation-double.ts';

afterAll(cleanUp);
