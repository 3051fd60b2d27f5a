// The replies to commands, checked for their shape: Redis, a proxy or another program decides what arrives.

/** The texts of a reply such as that to HMGET, HGETALL or KEYS, with null for a missing field. @throws Error for another reply */
export function textsOf(reply: unknown): readonly (string | null)[] {
  if (isTexts(reply)) return reply;
  throw new Error(`Redis replied with ${kindOf(reply)}; expected a list of texts`);
}

/** The texts of a reply to a command that returns names. @throws Error for another reply */
export function namesOf(reply: unknown): readonly string[] {
  return textsOf(reply).filter((name) => name !== null);
}

/** The reply to SCAN: the cursor of the next one, `0` at the end, and keys. @throws Error for another reply */
export function scanOf(reply: unknown): { readonly cursor: string; readonly keys: readonly string[] } {
  const [cursor, keys]: readonly unknown[] = Array.isArray(reply) ? reply : [];
  if (typeof cursor === 'string') return { cursor, keys: namesOf(keys) };
  throw new Error(`Redis replied to SCAN with ${kindOf(reply)}; expected a cursor and keys`);
}

function isTexts(reply: unknown): reply is readonly (string | null)[] {
  return Array.isArray(reply) && reply.every((text: unknown) => text === null || typeof text === 'string');
}

/** Without its contents, which may be values. */
function kindOf(reply: unknown): string {
  if (reply === null) return 'nothing';
  return Array.isArray(reply) ? 'another list' : `a ${typeof reply}`;
}
