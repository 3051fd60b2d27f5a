// Replies from the bytes that a server sends: https://redis.io/docs/latest/develop/reference/protocol-spec/ (RESP2)

/** What RESP2 can say; integers beyond 2^53 lose their last digits. */
export type RedisReply = string | number | null | RedisReply[];

/** An error that the server returned, perhaps inside a list. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

/** A list that is not complete yet. */
type OpenList = { readonly items: RedisReply[]; readonly length: number; error: ReplyError | null };

const CR = 13;
const PLUS = 43;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const DOLLAR = 36;
const STAR = 42;
/** Longer than any status or error from a server. */
const LINE_BYTES_MAX = 65_536;
/** Redis's own limit. */
const TEXT_BYTES_MAX = 536_870_912;
/** More than a 64-bit integer has. */
const DIGITS_MAX = 20;
/** Deeper than any reply that we ask for. */
const DEPTH_MAX = 8;

export type Replies = {
  /** Takes the next bytes, which may begin and end anywhere. @throws Error if they are not RESP2 */
  add(bytes: Buffer): void;
};

/** Calls `onReply` for each complete reply, in order. */
export function openReplies(onReply: (reply: RedisReply | ReplyError) => void): Replies {
  const open: OpenList[] = [];
  let pieces: Buffer[] = [];
  let have = 0;
  /** Nothing can be read before so many bytes are there. */
  let needed = 0;

  const put = (given: RedisReply | ReplyError) => {
    let value = given;
    for (let list = open.at(-1); list !== undefined; list = open.at(-1)) {
      if (value instanceof ReplyError) {
        list.error ??= value;
        value = null;
      }
      list.items.push(value);
      if (list.items.length < list.length) return;
      open.pop();
      value = list.error ?? list.items;
    }
    onReply(value);
  };
  const begin = (length: number) => {
    if (length === 0) return put([]);
    if (open.length === DEPTH_MAX) throw notRedis();
    open.push({ items: [], length, error: null });
  };

  /** Reads the element at a place, and returns the place after it; `bytes.length` plus what is missing if it is cut off. */
  const read = (bytes: Buffer, at: number): number => {
    const mark = bytes[at];
    if (mark === PLUS || mark === MINUS) return readLine(bytes, at);
    if (mark !== DOLLAR && mark !== STAR && mark !== COLON) throw notRedis();
    let place = at + 1;
    const isNegative = bytes[place] === MINUS;
    if (isNegative) place += 1;
    const first = place;
    let number = 0;
    for (; place < bytes.length; place += 1) {
      const byte = bytes[place] ?? 0;
      if (byte < ZERO || byte > NINE) break;
      number = number * 10 + byte - ZERO;
    }
    if (place - first > DIGITS_MAX) throw notRedis();
    // The line ends with CR and LF.
    if (place + 2 > bytes.length) return place + 2;
    if (place === first || bytes[place] !== CR) throw notRedis();
    place += 2;
    if (mark === COLON) put(isNegative ? -number : number);
    else if (isNegative) put(null);
    else if (mark === STAR) begin(number);
    else return readText(bytes, place, number);
    return place;
  };
  const readText = (bytes: Buffer, from: number, length: number): number => {
    if (length > TEXT_BYTES_MAX) throw notRedis();
    const end = from + length;
    if (end + 2 > bytes.length) return end + 2;
    if (bytes[end] !== CR) throw notRedis();
    put(bytes.toString('utf8', from, end));
    return end + 2;
  };
  const readLine = (bytes: Buffer, at: number): number => {
    const end = bytes.indexOf(CR, at);
    if ((end === -1 ? bytes.length : end) - at > LINE_BYTES_MAX) throw notRedis();
    if (end === -1 || end + 2 > bytes.length) return bytes.length + 1;
    const line = bytes.toString('utf8', at + 1, end);
    put(bytes[at] === PLUS ? line : new ReplyError(line));
    return end + 2;
  };

  return {
    add(piece) {
      pieces.push(piece);
      have += piece.length;
      if (have < needed) return;
      const bytes = pieces.length === 1 ? piece : Buffer.concat(pieces, have);
      let at = 0;
      let next = 0;
      while (at < bytes.length) {
        next = read(bytes, at);
        if (next > bytes.length) break;
        at = next;
      }
      pieces = at < bytes.length ? [bytes.subarray(at)] : [];
      have = bytes.length - at;
      needed = at < bytes.length ? next - at : 0;
    },
  };
}

function notRedis(): Error {
  return new Error('it sent bytes that are not valid Redis protocol');
}
