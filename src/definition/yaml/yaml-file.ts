// One YAML file: its value, and the position of each key and value.
//
// YAML 1.2 core schema: dates stay text, and language tags and merge keys are not supported. Size and aliases are limited,
// because definitions are small, and a short text with nested aliases can expand to gigabytes.

import {
  type Document,
  isAlias,
  isMap as isMapNode,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import { messageOf } from '../../core/failure.ts';
import { describeValue } from './describe-value.ts';
import { isRounded, type KeepsDigits, keepDigits } from './number-digits.ts';
import { placeInText } from './place-in-text.ts';
import { formatKeyPath, type KeyPath, type Problem } from './problem.ts';
import { aliasError, syntaxErrors } from './yaml-sentence.ts';

export const FILE_BYTES_MAX = 256 * 1024;
const ALIASES_MAX = 100;

export type YamlFile = {
  /** Relative to the project's folder. */
  readonly file: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** A problem at a key or element, or at the nearest surrounding one if the path is not in the file. */
  problemAt(path: KeyPath, message: string, at?: 'key' | 'value'): Problem;
  /** A problem at each number at a path and below it that has more digits than a 64-bit float, unless the file keeps them. */
  roundedNumbers(path: KeyPath, message: (written: string) => string): readonly Problem[];
  /** A problem at an offset into the text at a path. */
  problemInText(path: KeyPath, offset: number, message: string): Problem;
};

export type YamlReading = { readonly yaml: YamlFile | null; readonly problems: readonly Problem[] };

/** A problem with a whole file. */
export function fileProblem(file: string, message: string): Problem {
  return { file, line: null, column: null, key: '', message };
}

/**
 * Parses one YAML file; `yaml` is null if it is invalid. Numbers that keep their digits are RawJson if JavaScript would write
 * them with others. By default, none do.
 */
export function readYaml(file: string, bytes: Uint8Array, keepsDigits?: KeepsDigits): YamlReading {
  const broken = (message: string): YamlReading => ({ yaml: null, problems: [fileProblem(file, message)] });
  if (bytes.length > FILE_BYTES_MAX) {
    return broken(`the file has ${bytes.length} bytes; expected at most ${FILE_BYTES_MAX}`);
  }
  const text = decode(bytes);
  if (text === null) return broken('the file is not UTF-8 text');
  try {
    return readText(file, text, keepsDigits);
  } catch (thrown) {
    // The parser gave up: too many aliases, or nesting deeper than its stack.
    return broken(`the file cannot be read as YAML: ${messageOf(thrown)}`);
  }
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function readText(file: string, text: string, keepsDigits: KeepsDigits | undefined): YamlReading {
  const lines = new LineCounter();
  const document = withoutStacks(() =>
    parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      schema: 'core',
      version: '1.2',
      logLevel: 'error',
    }),
  );
  const problems = syntaxErrors(text, document, lines).map(({ offset, message }) => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, key: '', message };
  });
  if (problems.length > 0) return { yaml: null, problems: problems.slice(0, 5) };
  const broken = (message: string): YamlReading => ({ yaml: null, problems: [fileProblem(file, message)] });
  const alias = aliasError(text, document);
  if (alias !== null) {
    const { line, col } = lines.linePos(alias.offset);
    return { yaml: null, problems: [{ file, line, column: col, key: '', message: alias.message }] };
  }
  let value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
  if (keepsDigits !== undefined) {
    keepDigits(document, value, keepsDigits);
    value = document.toJS({ maxAliasCount: ALIASES_MAX });
  }
  if (value === null || value === undefined) return broken('the file is empty');
  if (!isMap(value)) return broken(`expected a map of keys, found ${describeValue(value)}`);
  const problemAt: YamlFile['problemAt'] = (path, message, at = 'value') => {
    const { line, col } = lines.linePos(offsetOf(document, path, at));
    return { file, line, column: col, key: formatKeyPath(path), message };
  };
  const problemInText: YamlFile['problemInText'] = (path, offset, message) => {
    const place = placeInText(text, document, path, offset);
    if (place === null) return problemAt(path, message);
    const { line, col } = lines.linePos(place);
    return { file, line, column: col, key: formatKeyPath(path), message };
  };
  const roundedNumbers: YamlFile['roundedNumbers'] = (path, message) =>
    roundedIn(document, path).map(({ written, offset }) => {
      const { line, col } = lines.linePos(offset);
      return { file, line, column: col, key: formatKeyPath(path), message: message(written) };
    });
  return { yaml: { file, value, problemAt, problemInText, roundedNumbers }, problems: [] };
}

function roundedIn(document: Document, path: KeyPath): { readonly written: string; readonly offset: number }[] {
  const found: { written: string; offset: number }[] = [];
  const top = document.getIn(path, true);
  if (!isNode(top)) return found;
  visit(top, {
    Scalar(_, { value, source, range }) {
      if (typeof value !== 'number' || source === undefined || !isRounded(source, value)) return;
      found.push({ written: source, offset: range?.[0] ?? 0 });
    },
  });
  return found;
}

/** The parser makes an Error of each of up to 256,000 problems, and most of its time goes into stacks that nothing reads. */
function withoutStacks<Result>(parse: () => Result): Result {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return parse();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The offset of the deepest part of `path` that is in the file. */
function offsetOf(document: Document, path: KeyPath, at: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    const found = stepInto(node, step);
    if (found === null) return offset;
    const valueStart = startOf(found.value);
    offset = at === 'key' || valueStart === null ? (startOf(found.key) ?? offset) : valueStart;
    node = found.value;
  }
  return offset;
}

function stepInto(node: unknown, step: string | number): { key: unknown; value: unknown } | null {
  if (isSeq(node) && typeof step === 'number') {
    const value = node.items[step];
    return value === undefined ? null : { key: value, value };
  }
  if (!isMapNode(node)) return null;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
  return pair === undefined ? null : { key: pair.key, value: pair.value };
}

function startOf(node: unknown): number | null {
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}
