// How the fields of csv and json files become values in DuckDB, and which texts fit. DuckDB's own casts are too lenient:
// 1.5 becomes the bigint 2, 1e999 becomes infinity.

/** Expressions over the SQL of a field's text. `value` is null where the text does not fit; `fits` is never null. */
export type FileCast = {
  value(text: string): string;
  fits(text: string): string;
  /** What fits, for messages. */
  readonly expected: string;
  /** What the field of a string in a json file is: its content, or the string as JSON, with its quotes. */
  readonly jsonString: 'content' | 'quoted';
};

/** An exponent of more digits makes no number that a column holds. */
const SPELLED_NUMBER = String.raw`[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?`;

/** The texts that match an expression and that DuckDB casts. */
export function matching(sqlType: string, expression: string, expected: string): FileCast {
  const value = (text: string) => `try_cast(${text} as ${sqlType})`;
  return {
    value,
    fits: (text) => `(regexp_full_match(${text}, '${expression}') and ${value(text)} is not null)`,
    expected,
    jsonString: 'content',
  };
}

/** Numbers in the plain spelling, and those with an exponent (or, for whole ones, a point) that say the same exactly. */
export function exactNumber(sqlType: string, plain: string, places: number, expected: string): FileCast {
  const value = (text: string) => `try_cast(${text} as ${sqlType})`;
  const isExact = (text: string) =>
    `regexp_full_match(${text}, '${SPELLED_NUMBER}') and ${placesOf(text)} <= ${places}`;
  return {
    value,
    // The usual spelling is looked at first, and alone.
    fits: (text) =>
      `(case when regexp_full_match(${text}, '${plain}') then true else ${isExact(text)} end and ${value(text)} is not null)`,
    expected,
    jsonString: 'content',
  };
}

/** How many digits a number has after its point once its exponent is applied; none or fewer for a whole one. */
function placesOf(text: string): string {
  const mantissa = `regexp_extract(${text}, '^[+-]?([0-9.]+)', 1)`;
  const digits = `replace(${mantissa}, '.', '')`;
  const fraction = `case when contains(${mantissa}, '.') then length(${mantissa}) - strpos(${mantissa}, '.') else 0 end`;
  const exponent = `coalesce(try_cast(regexp_extract(${text}, '[eE]([+-]?[0-9]+)$', 1) as integer), 0)`;
  const zeros = `length(${digits}) - length(rtrim(${digits}, '0'))`;
  return `case when rtrim(${digits}, '0') = '' then 0 else (${fraction}) - ${exponent} - (${zeros}) end`;
}
