// Outcomes of actions, each shown once on the page that a form redirects to.

import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';

export type Notices = {
  /** `/runs/19` → `/runs/19?notice=…`. */
  pathWith(path: string, sentence: string): string;
  of(token: string): string | null;
};

const KEPT_MS = 60_000;
const KEPT_MAX = 200;

export function openNotices(clock: Clock): Notices {
  const kept = new Map<string, { readonly sentence: string; readonly until: number }>();
  return {
    pathWith: (path, sentence) => {
      const [oldest] = kept.keys();
      if (kept.size >= KEPT_MAX && oldest !== undefined) kept.delete(oldest);
      const token = randomUUID();
      kept.set(token, { sentence, until: clock.monotonicMs() + KEPT_MS });
      return `${path}?notice=${token}`;
    },
    of: (token) => {
      const found = kept.get(token);
      return found !== undefined && found.until > clock.monotonicMs() ? found.sentence : null;
    },
  };
}
