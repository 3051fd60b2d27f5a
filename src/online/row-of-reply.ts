// A key's row as readers get it, or a failure that names the key.

import { Failure } from '../core/failure.ts';
import { command, safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { type FeatureRow, type ReadValue, rowOfTexts } from '../offline/feature-row.ts';
import { textsOf } from '../redis/reply.ts';
import { type HashReply, OtherType } from './hashes.ts';
import { isTime, TIME_FIELD } from './layout.ts';

/**
 * The row in a key, from the reply to one HMGET of its event time and the view's features; null where there is none.
 *
 * @throws Failure ONLINE_DAMAGED where that is no row of the view: serving none instead would hide that there is one.
 */
export function rowOfReply<Value>(
  view: FeatureView,
  key: string,
  reply: HashReply,
  read: ReadValue<Value>,
): FeatureRow<Value> | null {
  if (reply instanceof OtherType) throw damaged(view, key, `its key holds a ${reply.type} instead of a hash`);
  const [micros, ...texts] = textsOf(reply[0] ?? []);
  if (micros === null || micros === undefined) return null;
  if (!isTime(micros)) throw damaged(view, key, `${TIME_FIELD} is not an event time`);
  const wrong = view.features.find(({ type }, index) => {
    const text = texts[index] ?? null;
    return text !== null && !entryOf(type).isText(text);
  });
  if (wrong !== undefined) throw damaged(view, key, `${wrong.name} is not of type ${wrong.type}`);
  try {
    return rowOfTexts(view.features, micros, texts, read);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Parsed once while all is well: an embedding is long.
    throw damaged(view, key, 'one of its values is not JSON');
  }
}

/** Without what is stored there: it may be secret. */
function damaged(view: FeatureView, key: string, found: string): Failure {
  return new Failure(
    'ONLINE_DAMAGED',
    text`The key ${key} of the online store cannot be read as a row of ${safe(view.name)}, because ${safe(found)}: another program has written to it. Restore its newest offline row with "${command(`millrace rebuild ${view.name}`)}".`,
    { view: view.name },
  );
}
