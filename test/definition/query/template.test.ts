import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { epochMsOf, formatInstant } from '../../../src/core/instant.ts';
import { interval } from '../../../src/core/interval.ts';
import {
  parseTemplate,
  placeholdersOf,
  renderTemplate,
  type SqlDialect,
  unknownPlaceholders,
} from '../../../src/definition/query/template.ts';

const DIALECTS: readonly SqlDialect[] = ['postgres', 'mysql', 'duckdb', 'clickhouse'];
const SPAN = interval(epochMsOf(0), epochMsOf(3_600_000));
const rendered = (sql: string, dialect: SqlDialect) =>
  renderTemplate(parseTemplate(sql, dialect), SPAN, (instant) => `<${formatInstant(instant)}>`);

const withoutSpaces = (sql: string) => sql.replaceAll(/\s/g, '');

/** Text that a dialect must not read as code. */
const QUOTES: Readonly<Record<SqlDialect, readonly ((text: string) => string)[]>> = {
  postgres: [
    (text) => `'${text.replaceAll("'", "''")}'`,
    (text) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
    (text) => `e'a'  \n 'it\\'s ${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`,
    (text) => `"${text.replaceAll('"', '""')}"`,
    (text) => `$$${text.replaceAll('$', '')}$$`,
    (text) => `$tag$${text}$tag$`,
    (text) => `/* /* ${text.replaceAll(/[*/]/g, '')} */ {{end}} */`,
    (text) => `--${text.replaceAll(/[\n\r]/g, '')}\n`,
  ],
  duckdb: [
    (text) => `'${text.replaceAll("'", "''")}'`,
    (text) => `"${text.replaceAll('"', '""')}"`,
    (text) => `$$${text.replaceAll('$', '')}$$`,
    (text) => `--${text.replaceAll(/[\n\r]/g, '')}\n`,
  ],
  clickhouse: [
    (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
    (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '""')}"`,
    (text) => `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``,
    (text) => `$tag$${text}$tag$`,
    (text) => `/* /* ${text.replaceAll(/[*/]/g, '')} */ {{end}} */`,
    (text) => `--${text.replaceAll(/[\n\r]/g, '')}\n`,
    (text) => `# ${text.replaceAll(/[\n\r]/g, '')}\n`,
  ],
  mysql: [
    (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
    (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '""')}"`,
    (text) => `\`${text.replaceAll('`', '``')}\``,
    (text) => `/* ${text.replaceAll(/[*/]/g, '')} */`,
    (text) => `#${text.replaceAll(/[\n\r]/g, '')}\n`,
    (text) => `-- ${text.replaceAll(/[\n\r]/g, '')}\n`,
  ],
};

const anyText = fc
  .array(
    fc.constantFrom(
      '{{start}}',
      '{{ end }}',
      '{{',
      '}}',
      "'",
      '"',
      '`',
      '\\',
      '$',
      '--',
      '/*',
      '*/',
      '#',
      'a',
      ' ',
      '\n',
    ),
  )
  .map((parts) => parts.join(''));

describe('parseTemplate', () => {
  test('finds placeholders with and without spaces, and keeps the rest unchanged', () => {
    expect(parseTemplate('{{start}}select {{ end }},\n {{start}}', 'postgres')).toEqual([
      { placeholder: 'start' },
      { text: 'select ' },
      { placeholder: 'end' },
      { text: ',\n ' },
      { placeholder: 'start' },
    ]);
  });

  test('never has two texts in a row', () => {
    expect(parseTemplate('a \'{{end}}\' b -- {{end}}\n {{end}} "{{end}}"', 'postgres')).toEqual([
      { text: "a '{{end}}' b -- {{end}}\n " },
      { placeholder: 'end' },
      { text: ' "{{end}}"' },
    ]);
  });

  test.each<[SqlDialect, string]>([
    ['postgres', "'\\' || {{end}}"],
    ['postgres', "type'a' || {{end}} || 'b'"],
    ['postgres', 'a$$ {{end}} $$'],
    ['mysql', '1 --{{end}}'],
    ['mysql', '/* /* */ {{end}}'],
    ['mysql', "'a''\\'' || {{end}}"],
    ['mysql', '$$ {{end}} $$'],
    ['duckdb', "'\\' || {{end}}"],
  ])('sees code in %s: %s', (dialect, sql) => {
    expect([...placeholdersOf(parseTemplate(sql, dialect))]).toEqual(['end']);
  });

  test.each<[SqlDialect, string]>([
    ['postgres', "E'\\' || {{end}}"],
    ['postgres', "select E'a'\n'\\' || {{end}}"],
    ['postgres', "E'a' -- note\n '\\' || {{end}}"],
    ['postgres', "'never closed {{end}}"],
    ['postgres', '/* never closed {{end}}'],
    ['postgres', '$a$ $b$ {{end}} $a$'],
    ['postgres', '1 --{{end}}'],
    ['mysql', '# {{end}}'],
    ['mysql', '"{{end}}"'],
    ['mysql', '/*! {{end}} */'],
  ])('sees no code in %s: %s', (dialect, sql) => {
    expect(parseTemplate(sql, dialect)).toEqual([{ text: sql }]);
  });

  test.each(DIALECTS)('leaves everything in quotes and comments of %s alone', (dialect) => {
    const quoted = fc.tuple(fc.constantFrom(...QUOTES[dialect]), anyText).map(([quote, text]) => quote(text));
    fc.assert(
      fc.property(fc.array(quoted), (pieces) => {
        const sql = pieces.join(' {{start}} ');
        expect(rendered(sql, dialect)).toBe(pieces.join(' <1970-01-01T00:00:00Z> '));
      }),
      { numRuns: 500 },
    );
  });

  test.each(DIALECTS)('loses no text of %s', (dialect) => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string()), (sql) => {
        const parts = parseTemplate(sql, dialect);
        const joined = parts.map((part) => ('text' in part ? part.text : `{{${part.placeholder}}}`)).join('');
        expect(withoutSpaces(joined)).toBe(withoutSpaces(sql));
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseTemplate with hostile text', () => {
  const hostile = [
    "E'a'",
    "'",
    '"',
    '`',
    '$',
    '$a',
    '$$',
    '/*',
    '*/',
    '--',
    '-- ',
    '#',
    '\\',
    '{{',
    '{{start}}',
    "''",
    "E'a'\n--",
    "E'a' -- ",
  ];

  test.each(DIALECTS)('takes time in proportion to its length in %s', (dialect) => {
    for (const one of hostile) {
      for (const other of hostile) {
        parseTemplate(one + other.repeat(3_000), dialect);
        unknownPlaceholders((one + other).repeat(3_000), dialect);
      }
    }
  });
});

describe('renderTemplate', () => {
  test('inserts the literals of the bounds of the span', () => {
    expect(rendered('at >= {{start}} and at < {{ end }}', 'mysql')).toBe(
      'at >= <1970-01-01T00:00:00Z> and at < <1970-01-01T01:00:00Z>',
    );
  });
});

describe('unknownPlaceholders', () => {
  test('suggests the nearest name, in code only', () => {
    expect(unknownPlaceholders("{{strat}} {{ ds }} {{End}} '{{x}}' {{strat}} {{end}} {{}}", 'postgres')).toEqual([
      { name: 'strat', suggestion: 'start', at: 0 },
      { name: 'ds', suggestion: null, at: 10 },
      { name: 'End', suggestion: 'end', at: 19 },
      { name: '', suggestion: null, at: 53 },
    ]);
  });

  test('suggests the bound that another word for it means', () => {
    const found = unknownPlaceholders('{{begin}} {{window_end}}', 'postgres');
    expect(found.map(({ suggestion }) => suggestion)).toEqual(['start', 'end']);
  });
});
