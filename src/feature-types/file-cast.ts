// How fields of CSV and JSON files become values in DuckDB, and which strings are valid. DuckDB's casts are too lenient: 1.5
// becomes the bigint 2, and 1e999 becomes infinity.

/** SQL expressions over a field's text. `value` is null if the text is not valid; `fits` is never null. */
export type FileCast = {
  value(text: string): string;
  fits(text: string): string;
  /** The valid strings, for messages. */
  readonly expected: string;
  /** How a string in a JSON file becomes a field: its content, or the JSON string with its quotes. */
  readonly jsonString: 'content' | 'quoted';
};

/** No column can hold a number with a longer exponent. */
const SPELLED_NUMBER = String.raw`[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?`;

/** Strings that match an expression and that DuckDB can cast. */
export function matching(sqlType: string, expression: string, expected: string): FileCast {
  const value = (text: string) => `try_cast(${text} as ${sqlType})`;
  return {
    value,
    fits: (text) => `(regexp_full_match(${text}, '${expression}') and ${value(text)} is not null)`,
    expected,
    jsonString: 'content',
  };
}

/** Plain numbers, and numbers with an exponent (or, for integers, a point) that are exactly the same value. */
export function exactNumber(sqlType: string, plain: string, places: number, expected: string): FileCast {
  const value = (text: string) => `try_cast(${text} as ${sqlType})`;
  const isExact = (text: string) =>
    `regexp_full_match(${text}, '${SPELLED_NUMBER}') and ${placesOf(text)} <= ${places}`;
  return {
    value,
    // Plain numbers need no further check.
    fits: (text) =>
      `(case when regexp_full_match(${text}, '${plain}') then true else ${isExact(text)} end and ${value(text)} is not null)`,
    expected,
    jsonString: 'content',
  };
}

/** The number of decimal places after applying the exponent; zero or negative for an integer. */
function placesOf(text: string): string {
  const mantissa = `regexp_extract(${text}, '^[+-]?([0-9.]+)', 1)`;
  const digits = `replace(${mantissa}, '.', '')`;
  const fraction = `case when contains(${mantissa}, '.') then length(${mantissa}) - strpos(${mantissa}, '.') else 0 end`;
  const exponent = `coalesce(try_cast(regexp_extract(${text}, '[eE]([+-]?[0-9]+)$', 1) as integer), 0)`;
  const zeros = `length(${digits}) - length(rtrim(${digits}, '0'))`;
  return `case when rtrim(${digits}, '0') = '' then 0 else (${fraction}) - ${exponent} - (${zeros}) end`;
}
