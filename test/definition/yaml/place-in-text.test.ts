import { describe, expect, test } from 'vitest';
import { readYaml } from '../../../src/definition/yaml/yaml-file.ts';

/** `line:column` in the file of a word in the text at `query`. */
function placeOf(file: string, word: string): string {
  const { yaml } = readYaml('x.yaml', Buffer.from(file));
  const text = String(yaml?.value['query']);
  const problem = yaml?.problemInText(['query'], text.indexOf(word), '');
  return `${problem?.line}:${problem?.column}`;
}

describe('problemInText', () => {
  test.each([
    ['a block', 'name: a\nquery: |\n  select x\n    from b\n', '4:10'],
    ['a block with a comment after its mark', 'query: |- # sql\n    select x\n\n    from b\n', '4:10'],
    ['a folded block', 'query: >\n  select x\n  from b\n', '3:8'],
    ['a plain text', 'query: select x from b\n', '1:22'],
    ['a plain text of several lines', 'query: select x\n  from b\n', '2:8'],
    ['single quotes', "query: 'select ''x'' from b'\n", '1:27'],
    ['double quotes', 'query: "select x from b"\n', '1:23'],
    ['double quotes with escapes, at the start of the text', 'query: "select\\tx\\nfrom b"\n', '1:8'],
    ['an alias, where the text is', 'sql: &q select x from b\nquery: *q\n', '1:23'],
    ['a text with Windows line ends', 'query: |\r\n  select x\r\n  from b\r\n', '3:8'],
  ])('finds a word of %s', (_name, file, place) => {
    expect(placeOf(file, 'b')).toBe(place);
  });
});
