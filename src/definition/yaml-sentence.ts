// The parser's error codes in our words.

const SENTENCES: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a second `:` in one line; put the text in quotes if it holds a colon',
  BLOCK_IN_FLOW: 'an indented block inside [ ] or { }',
  BAD_INDENT: 'the line is not indented like its neighbours',
  BAD_SCALAR_START: 'a plain text cannot start with this character; put it in quotes',
  DUPLICATE_KEY: 'the key is written twice',
  MISSING_CHAR: 'a quote or bracket is not closed, or a `:` or `,` is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line and be followed by `:`',
  MULTIPLE_DOCS: 'the file holds several documents (`---`); expected one',
  NON_STRING_KEY: 'a key must be a text',
  TAB_AS_INDENT: 'a tab; expected spaces for indentation',
  TAG_RESOLVE_FAILED: 'a tag (`!…`); expected plain values only',
};

/** One sentence for one error of the YAML parser. */
export function yamlSentence(code: string, message: string): string {
  return SENTENCES[code] ?? `not YAML: ${message}`;
}
