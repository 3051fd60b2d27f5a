// Commands as the bytes that Redis reads: https://redis.io/docs/latest/develop/reference/protocol-spec/
//
// The driver makes one large string of a command, then bytes of the string, and both are garbage afterwards: for a batch of
// rows that costs several times more than what it encodes. Here, bytes are written into memory that is used again.

/** Bytes of one encoded command, in memory that may be larger. */
export type Encoded = { readonly memory: Buffer; readonly length: number };

/** Arguments that are not text: they write their own bytes with `writeBytes`. */
export type EncodedArguments = {
  readonly count: number;
  readonly bytesMax: number;
  /** Writes all of them from a position onward, and returns the place after them. The same each time it is called. */
  write(memory: Buffer, at: number): number;
};

export type CommandPart = readonly string[] | EncodedArguments;

/** The parts of a command in order; the first begins with its name. */
export type CommandParts = readonly [head: readonly string[], ...arguments: CommandPart[]];

const CR = 13;
const LF = 10;
const DOLLAR = 36;
const STAR = 42;
const ZERO = 48;
/** A character takes at most three bytes of UTF-8; a length at most this many with its marks. */
const BYTES_PER_CHARACTER_MAX = 3;
export const BYTES_PER_LENGTH_MAX = 16;
/** Up to this length, a loop over the characters is faster than a call into the runtime. */
const SHORT_CHARACTERS = 64;

/** How many arguments a part has. */
export function countOf(part: CommandPart): number {
  return 'write' in part ? part.count : part.length;
}

/** How many bytes commands of texts take together at most. */
export function allEncodedBytesMax(commands: readonly (readonly string[])[]): number {
  let bytes = 0;
  for (const command of commands) {
    bytes += BYTES_PER_LENGTH_MAX;
    for (const text of command) bytes += text.length * BYTES_PER_CHARACTER_MAX + BYTES_PER_LENGTH_MAX;
  }
  return bytes;
}

/** Writes commands in sequence into memory of at least `allEncodedBytesMax` bytes. */
export function encodeCommands(memory: Buffer, commands: readonly (readonly string[])[]): Encoded {
  let at = 0;
  for (const command of commands) {
    at = writeLength(memory, at, STAR, command.length);
    for (const text of command) at = writeText(memory, at, text);
  }
  return { memory, length: at };
}

/** How many bytes a command takes at most. */
export function encodedBytesMax(parts: CommandParts): number {
  let bytes = BYTES_PER_LENGTH_MAX;
  for (const part of parts) {
    if ('write' in part) bytes += part.bytesMax;
    else for (const text of part) bytes += text.length * BYTES_PER_CHARACTER_MAX + BYTES_PER_LENGTH_MAX;
  }
  return bytes;
}

/** Writes a command into memory of at least `encodedBytesMax` bytes. */
export function encodeCommand(memory: Buffer, parts: CommandParts): Encoded {
  return { memory, length: writeCommand(memory, 0, parts) };
}

function writeCommand(memory: Buffer, begin: number, parts: CommandParts): number {
  let count = 0;
  for (const part of parts) count += countOf(part);
  let at = writeLength(memory, begin, STAR, count);
  for (const part of parts) {
    if ('write' in part) at = part.write(memory, at);
    else for (const text of part) at = writeText(memory, at, text);
  }
  return at;
}

/** Writes one argument: the bytes of `head`, then those of `source` between two places. Returns the place after it. */
export function writeBytes(
  memory: Buffer,
  begin: number,
  head: Buffer,
  source: Buffer,
  from: number,
  to: number,
): number {
  let at = writeLength(memory, begin, DOLLAR, head.length + to - from);
  for (let index = 0; index < head.length; index += 1) memory[at + index] = head[index] ?? 0;
  at += head.length;
  if (to - from > SHORT_CHARACTERS) return writeEnd(memory, at + source.copy(memory, at, from, to));
  for (let index = from; index < to; index += 1) {
    memory[at] = source[index] ?? 0;
    at += 1;
  }
  return writeEnd(memory, at);
}

/** Writes one argument. Returns the place after it. */
export function writeText(memory: Buffer, from: number, text: string): number {
  const { length } = text;
  if (length > SHORT_CHARACTERS) return writeLong(memory, from, text);
  let at = writeLength(memory, from, DOLLAR, length);
  let seen = 0;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    seen |= code;
    memory[at] = code;
    at += 1;
  }
  return seen > 127 ? writeLong(memory, from, text) : writeEnd(memory, at);
}

function writeLong(memory: Buffer, from: number, text: string): number {
  const at = writeLength(memory, from, DOLLAR, Buffer.byteLength(text));
  return writeEnd(memory, at + memory.write(text, at));
}

function writeLength(memory: Buffer, from: number, mark: number, length: number): number {
  memory[from] = mark;
  if (length < 10) {
    memory[from + 1] = ZERO + length;
    return writeEnd(memory, from + 2);
  }
  if (length < 100) {
    const tens = Math.floor(length / 10);
    memory[from + 1] = ZERO + tens;
    memory[from + 2] = ZERO + length - tens * 10;
    return writeEnd(memory, from + 3);
  }
  return writeEnd(memory, from + 1 + memory.write(String(length), from + 1, 'latin1'));
}

function writeEnd(memory: Buffer, at: number): number {
  memory[at] = CR;
  memory[at + 1] = LF;
  return at + 2;
}

/** Memory that is used again. Who gets some gives it back once the server has answered: nothing reads it any more then. */
export type MemoryPool = {
  take(bytes: number): Buffer;
  giveBack(memory: Buffer): void;
};

const KEPT_BYTES_MAX = 1_048_576;

/** Keeps at most `kept` pieces, none larger than a mebibyte. */
export function createMemoryPool(kept: number): MemoryPool {
  const free: Buffer[] = [];
  return {
    take: (bytes) => {
      if (bytes > KEPT_BYTES_MAX) return Buffer.allocUnsafeSlow(bytes);
      return free.pop() ?? Buffer.allocUnsafeSlow(KEPT_BYTES_MAX);
    },
    giveBack: (memory) => {
      if (memory.length === KEPT_BYTES_MAX && free.length < kept) free.push(memory);
    },
  };
}
