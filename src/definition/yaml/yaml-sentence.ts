// What the YAML parser says of a text, in our words and at the place where it is to be mended.

import { type Document, isScalar, type LineCounter, Scalar, visit, type YAMLError } from 'yaml';

export type YamlSyntaxError = { readonly offset: number; readonly message: string };

const SENTENCES: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a second `:` in one line; put the text in quotes if it holds a colon',
  BLOCK_IN_FLOW: 'an indented block inside [ ] or { }',
  BAD_DQ_ESCAPE: 'a `\\` in double quotes before a character that needs none; put the text in single quotes',
  BAD_INDENT: 'the line is not indented like its neighbours',
  BAD_SCALAR_START: 'a plain text cannot start with this character; put it in quotes',
  DUPLICATE_KEY: 'a key is written twice',
  MISSING_CHAR: 'a quote or bracket is not closed, or a `:` or `,` is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line and be followed by `:`',
  MULTIPLE_DOCS: 'the file holds several documents (`---`); expected one',
  NON_STRING_KEY: 'a key must be a text',
  TAB_AS_INDENT: 'a tab; expected spaces for indentation',
  TAG_RESOLVE_FAILED: 'a tag (`!…`); expected plain values only',
};

/** More than anybody reads; a text of one bracket 100,000 times has as many errors. */
const ERRORS_MAX = 20;

/** The first errors of a parsed text in order; those that only follow from a tab or from an open quote are left out. */
export function syntaxErrors(text: string, document: Document.Parsed, lines: LineCounter): YamlSyntaxError[] {
  const errors = [...document.errors.slice(0, ERRORS_MAX), ...document.warnings.slice(0, ERRORS_MAX)];
  const last = errors.findIndex((error) => isTab(text, error) || isOpenQuote(document, error));
  const own = last === -1 ? errors : errors.slice(0, last + 1);
  return own.map((error) => {
    const at = error.pos[0];
    if (isTab(text, error)) return { offset: at, message: sentenceOf('TAB_AS_INDENT', error.message) };
    if (error.code === 'DUPLICATE_KEY') return { offset: at, message: duplicateSentence(document, at, lines) };
    const quote = error.code === 'MISSING_CHAR' ? openQuoteEndingAt(document, at) : null;
    if (quote !== null) return { offset: quote, message: 'the quote that opens here is not closed' };
    return { offset: at, message: sentenceOf(error.code, error.message) };
  });
}

function sentenceOf(code: string, message: string): string {
  return SENTENCES[code] ?? `not YAML: ${message}`;
}

/** In a block of text, such as a query, the parser takes a line that begins with a tab for one with less indentation. */
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
      sentence = `the key \`${second.value}\` is written twice, first in line ${lines.linePos(first.range[0]).line}`;
      return visit.BREAK;
    },
  });
  return sentence;
}

function isOpenQuote(document: Document, { code, pos }: YAMLError): boolean {
  return code === 'MISSING_CHAR' && openQuoteEndingAt(document, pos[0]) !== null;
}

/** Where the quoted text opens that the parser has given up at this offset. */
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
