// Errors of the YAML parser, as messages at the place to fix.

import { type Document, isScalar, type LineCounter, Scalar, visit, type YAMLError } from 'yaml';
import { unquotedValue } from './unquoted-value.ts';

export type YamlSyntaxError = { readonly offset: number; readonly message: string };

const SENTENCES: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a second `: ` on one line; put the value in quotes if it contains a colon',
  BLOCK_IN_FLOW: 'an indented block inside [ ] or { }',
  BAD_DQ_ESCAPE: 'an unknown escape with `\\` in double quotes; put the value in single quotes',
  BAD_INDENT: 'the indentation does not match the lines around it',
  BAD_SCALAR_START: 'a value cannot start with this character; put it in quotes',
  BAD_ALIAS: 'a value that starts with `*` must be in quotes',
  UNEXPECTED_TOKEN: 'unexpected text after the end of the value; put the whole value in quotes',
  DUPLICATE_KEY: 'a duplicate key',
  MISSING_CHAR: 'a quote or bracket is not closed, or a `:` or `,` is missing',
  MULTILINE_IMPLICIT_KEY: 'expected a key followed by `:`; indent the line if it continues the value above',
  MULTIPLE_DOCS: 'the file has more than one document (`---`); expected one',
  NON_STRING_KEY: 'a key must be a string',
  TAB_AS_INDENT: 'the line is indented with a tab; expected spaces',
  TAG_RESOLVE_FAILED: 'a tag (`!…`); expected a value without a tag, or in quotes',
};

/** More than useful. A file of 100,000 brackets has as many errors. */
const ERRORS_MAX = 20;

/** The first errors of a file, in order, without those that only follow from a tab or an unclosed quote. */
export function syntaxErrors(text: string, document: Document.Parsed, lines: LineCounter): YamlSyntaxError[] {
  const errors = [...document.errors.slice(0, ERRORS_MAX), ...document.warnings.slice(0, ERRORS_MAX)];
  const last = errors.findIndex((error) => isTab(text, error) || isOpenQuote(document, error));
  const own = last === -1 ? errors : errors.slice(0, last + 1);
  const unquoted = new Map(
    own.flatMap((error) => unquotedValue(text, error) ?? []).map((value) => [value.offset, value]),
  );
  const others = own.filter((error) => unquotedValue(text, error) === null);
  const sentences = others.map((error) => {
    const at = error.pos[0];
    if (isTab(text, error)) return { offset: at, message: sentenceOf('TAB_AS_INDENT', error.message) };
    if (error.code === 'DUPLICATE_KEY') return { offset: at, message: duplicateSentence(document, at, lines) };
    const quote = error.code === 'MISSING_CHAR' ? openQuoteEndingAt(document, at) : null;
    if (quote !== null) return { offset: quote, message: 'the quote that opens here is not closed' };
    return { offset: at, message: sentenceOf(error.code, error.message) };
  });
  return [...unquoted.values(), ...sentences].sort((a, b) => a.offset - b.offset);
}

function sentenceOf(code: string, message: string): string {
  return SENTENCES[code] ?? `not YAML: ${message}`;
}

/** An alias without an anchor, as in `files: *.csv`, or to a collection around it, which would make the value cyclic. */
export function aliasError(text: string, document: Document): YamlSyntaxError | null {
  let found: YamlSyntaxError | null = null;
  visit(document, {
    Alias(_, alias, path) {
      const target = alias.resolve(document);
      if (target !== undefined && !path.includes(target)) return undefined;
      const [offset, end] = alias.range ?? [0, 0];
      const unquoted = unquotedValue(text, { code: 'BAD_ALIAS', pos: [offset, end] });
      found =
        target === undefined
          ? (unquoted ?? { offset, message: sentenceOf('BAD_ALIAS', '') })
          : { offset, message: 'an alias is inside the anchor that it refers to' };
      return visit.BREAK;
    },
  });
  return found;
}

/** In a block such as a query, the parser reports a line that starts with a tab as one with less indentation. */
function isTab(text: string, { code, pos }: YAMLError): boolean {
  if (code === 'TAB_AS_INDENT') return true;
  if (code !== 'BAD_INDENT') return false;
  const lineStart = text.lastIndexOf('\n', pos[0] - 1) + 1;
  return /^ *\t/.test(text.slice(lineStart, pos[0] + 1));
}

function duplicateSentence(document: Document, offset: number, lines: LineCounter): string {
  let sentence = sentenceOf('DUPLICATE_KEY', '');
  visit(document, {
    Map(_, map) {
      const keys = map.items.map(({ key }) => key).filter((key) => isScalar(key));
      const second = keys.find(({ range }) => range?.[0] === offset);
      const first = keys.find(({ value }) => value === second?.value);
      if (second === undefined || !first?.range) return undefined;
      sentence = `the key \`${second.value}\` is a duplicate of the one on line ${lines.linePos(first.range[0]).line}`;
      return visit.BREAK;
    },
  });
  return sentence;
}

function isOpenQuote(document: Document, { code, pos }: YAMLError): boolean {
  return code === 'MISSING_CHAR' && openQuoteEndingAt(document, pos[0]) !== null;
}

/** The start of the quoted text that the parser gave up on at this offset. */
function openQuoteEndingAt(document: Document, offset: number): number | null {
  let found: number | null = null;
  visit(document, {
    Scalar(_, { type, range }) {
      const isQuoted = type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE;
      if (!isQuoted || range?.[1] !== offset) return undefined;
      found = range[0];
      return visit.BREAK;
    },
  });
  return found;
}
