// Finds the list at a path in a JSON document, byte by byte. It checks brackets and keys; the caller checks the rest.

import { safe, text } from '../../../core/message.ts';
import { FileProblem } from '../file-problem.ts';
import { isSpace, NEWLINE } from './json-record.ts';

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
/** The first byte of null. */
const NULL = 110;
const KEYS_MAX = 100;
const KEY_BYTES_MAX = 1_024;

export type EnvelopeReader = {
  /** `list` at the bracket that opens the list, `end` at the one that closes the document. */
  read(byte: number): 'list' | 'end' | null;
  /** The list has been closed, on this line. */
  leaveList(line: number): void;
  line(): number;
  isInside(): boolean;
  /** The outermost keys of the document that has ended, and whether it has the list, which may be null. */
  taken(): { readonly keys: readonly string[]; readonly hasList: boolean };
};

export function envelopeReader(path: readonly string[]): EnvelopeReader {
  const open: number[] = [];
  let keys: string[] = [];
  let [line, matched] = [1, 0];
  let [isKeyNext, isWanted, hasList] = [false, false, false];
  let string: StringReader | null = null;
  let key: number[] | null = null;

  /** Whether the innermost object is on the path. */
  const isOnPath = () => open.length === matched + 1;
  const place = () => `$.${path.slice(0, matched + 1).join('.')}`;

  function endKey(bytes: readonly number[]): void {
    const name = keyOf(bytes);
    if (open.length === 1 && keys.length < KEYS_MAX) keys.push(name);
    isKeyNext = false;
    isWanted = name === path[matched];
    if (isWanted && hasList) throw new FileProblem(text`line ${safe(line)} has the key ${safe(place())} twice`);
  }

  function startValue(byte: number): 'list' | null {
    isWanted = false;
    const isLast = matched === path.length - 1;
    if (isLast && byte === OPEN_LIST) {
      hasList = true;
      return 'list';
    }
    if (isLast && byte === NULL) hasList = true;
    else if (isLast || byte !== OPEN_OBJECT) {
      throw new FileProblem(text`line ${safe(line)}: ${safe(place())} is not ${safe(isLast ? 'a list' : 'an object')}`);
    } else {
      matched += 1;
      isKeyNext = true;
      open.push(byte);
    }
    return null;
  }

  function close(byte: number): 'end' | null {
    const wasOnPath = isOnPath();
    // In ASCII, a closing bracket is two after the opening one.
    if (open.pop() !== byte - 2) throw new FileProblem(text`line ${safe(line)} closes a bracket that is not open`);
    if (wasOnPath && matched > 0) matched -= 1;
    return open.length === 0 ? 'end' : null;
  }

  function start(byte: number): void {
    if (byte !== OPEN_OBJECT) {
      throw new FileProblem(
        text`line ${safe(line)}: expected an object that contains the list (\`records\` in the view)`,
      );
    }
    open.push(byte);
    [keys, hasList, isKeyNext] = [[], false, true];
  }

  function readText(byte: number): void {
    if (string?.isEnd(byte) !== true) {
      if (key !== null && key.length < KEY_BYTES_MAX) key.push(byte);
      return;
    }
    string = null;
    if (key !== null) endKey(key);
    key = null;
  }

  function readMark(byte: number): 'list' | 'end' | null {
    if (open.length === 0) start(byte);
    else if (isWanted && byte !== COLON) return startValue(byte);
    else if (byte === QUOTE) {
      string = stringReader();
      key = isOnPath() && isKeyNext ? [] : null;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) return close(byte);
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) open.push(byte);
    else if (byte === COMMA && isOnPath()) isKeyNext = true;
    return null;
  }

  return {
    read(byte) {
      if (byte === NEWLINE) line += 1;
      if (string !== null) readText(byte);
      else if (!isSpace(byte)) return readMark(byte);
      return null;
    },
    leaveList(at) {
      line = at;
    },
    line: () => line,
    isInside: () => open.length > 0,
    taken: () => ({ keys, hasList }),
  };
}

type StringReader = { isEnd(byte: number): boolean };

function stringReader(): StringReader {
  let isEscaped = false;
  return {
    isEnd(byte) {
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else return byte === QUOTE;
      return false;
    },
  };
}

function keyOf(bytes: readonly number[]): string {
  const written = Buffer.from(bytes).toString('utf8');
  try {
    return String(JSON.parse(`"${written}"`));
  } catch {
    return written;
  }
}
