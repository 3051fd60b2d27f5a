// Randomly damaged files, the same in each run, and strict readers of CSV and JSON that share no code with src/.

/** Numbers in [0, 1), the same for a seed. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const SPECIAL = [...Buffer.from('",\n\r\0 \\{}[]:;\'01-eE.'), 0xff, 0xc3, 0xef];

/** A copy with one to three things wrong. */
export function mutated(content: Buffer, random: () => number): Buffer {
  const at = (length: number) => Math.floor(random() * Math.max(1, length));
  let bytes: Buffer = Buffer.from(content);
  for (let left = 1 + at(3); left > 0; left -= 1) {
    const place = at(bytes.length);
    const length = 1 + at(random() < 0.5 ? 3 : 60);
    const special = Buffer.from([SPECIAL[at(SPECIAL.length)] ?? 0]);
    const kinds = [
      () => Buffer.concat([bytes.subarray(0, place), special, bytes.subarray(place + 1)]),
      () => Buffer.concat([bytes.subarray(0, place), special, bytes.subarray(place)]),
      () => Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + length)]),
      () => Buffer.concat([bytes.subarray(0, place + length), bytes.subarray(place)]),
      () => flipped(bytes, place, 1 << at(8)),
      () => Buffer.from(bytes.subarray(0, place)),
      () => Buffer.concat([bytes.subarray(0, place), bytes.subarray(at(bytes.length), at(bytes.length) + length)]),
    ];
    // The last two leave little of the file.
    bytes = kinds[random() < 0.9 ? at(5) : 5 + at(2)]?.() ?? bytes;
  }
  return bytes;
}

function flipped(bytes: Buffer, place: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[place] = (copy[place] ?? 0) ^ bit;
  return copy;
}

/** What a strict reader makes of a file; null where it cannot say what its rows are. */
export type Expected = { readonly rows: readonly (readonly (string | null)[])[]; readonly refused: number } | null;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The rows of a CSV file with a header of these columns. One byte is one character here. */
export function strictCsv(content: Buffer, columns: readonly string[]): Expected {
  let text = content.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  const rows: (string | null)[][] = [];
  let refused = 0;
  let isHeader = true;
  while (text !== '') {
    const record = /^(?:(?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,|(?=\r?\n|$)))*?(?:\r?\n|$)/.exec(text)?.[0];
    const whole = record !== undefined && isWhole(record) ? record : null;
    const line = whole ?? brokenLine(text);
    if (line === null) return null;
    text = text.slice(line.length);
    const fields = whole === null ? null : fieldsOf(whole.replace(/\r?\n$/, ''));
    if (isHeader) {
      if (JSON.stringify(fields) !== JSON.stringify(columns)) return null;
      isHeader = false;
    } else if (whole !== null && /^\r?\n$/.test(whole)) continue;
    else if (fields === null || fields.length !== columns.length) refused += 1;
    else rows.push(fields);
  }
  return isHeader ? null : { rows, refused };
}

function isWhole(record: string): boolean {
  return /^(?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*(?:\r?\n|$)$/.test(record);
}

/** A broken row to the end of the line in which it breaks; null where that has an odd number of quotes. */
function brokenLine(text: string): string | null {
  const good = /^(?:(?:"(?:[^"]|"")*"|[^",\r\n]*),)*(?:"(?:[^"]|"")*"|[^",\r\n]*)/.exec(text)?.[0] ?? '';
  const end = text.indexOf('\n', good.length);
  const line = end === -1 ? text : text.slice(0, end + 1);
  return line.split('"').length % 2 === 1 ? line : null;
}

function fieldsOf(record: string): (string | null)[] | null {
  const fields: (string | null)[] = [];
  for (const [, quoted, plain = ''] of `,${record}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))/g)) {
    const bytes = Buffer.from(quoted?.replaceAll('""', '"') ?? plain, 'latin1');
    try {
      fields.push(quoted === undefined && plain === '' ? null : UTF8.decode(bytes));
    } catch {
      return null;
    }
  }
  return fields;
}

/** The objects of lines of JSON; undefined for a line that is none, or holds an object that has a key twice. */
export function strictJson(content: Buffer): (Record<string, unknown> | undefined)[] {
  const lines = content
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .split('\n')
    .filter((line) => !/^[ \t\r]*$/.test(line));
  return lines.map((line) => {
    try {
      const text = UTF8.decode(Buffer.from(line, 'latin1'));
      const value: unknown = JSON.parse(text, asWritten);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
      if (hasKeyTwice(text) || JSON.stringify(value).match(/\\ud[89a-f]/) !== null) return undefined;
      return { ...value };
    } catch {
      return undefined;
    }
  });
}

/** A number by its digits, of which JavaScript would lose some. */
export class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): number {
    return Number(this.text);
  }
}

function asWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new Digits(context?.source ?? '') : value;
}

function hasKeyTwice(text: string): boolean {
  /** Of the objects that are open, and of the lists, which have none. */
  const open: Set<string>[] = [];
  const tokens = [...text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)].map(([token]) => token);
  for (const [index, token] of tokens.entries()) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (tokens[index + 1] === ':') {
      const key: string = JSON.parse(token);
      if (open.at(-1)?.has(key)) return true;
      open.at(-1)?.add(key);
    }
  }
  return false;
}
