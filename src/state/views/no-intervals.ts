// Views without intervals, in messages: how they get their rows instead.

import { command, type Message, safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';

/** `rates is a `latest` view`. */
export function kindOf({ name, kind }: Pick<FeatureView, 'name' | 'kind'>): Message {
  return text`${safe(name)} is a \`${safe(kind)}\` view`;
}

export function updateOf({ name, kind }: Pick<FeatureView, 'name' | 'kind'>): Message {
  if (kind === 'pushed') return text`Programs push its rows: to replace a row, push it again.`;
  return text`To update it, run "${command(`millrace run ${name}`)}".`;
}
