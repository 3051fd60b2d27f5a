// The check of one value from a source, and the reasons to refuse it.

/** Reason → its meaning. */
export const VALUE_REASONS = {
  value_null: 'a feature that is not nullable is null',
  value_not_finite: 'a number is NaN or infinite',
  value_out_of_range: 'a value is too large, too small, or not exact in its type',
  value_out_of_limits: 'a pushed value is less than the `min` or greater than the `max` of its feature',
  value_wrong_type: 'a value does not have the type of its feature',
  value_wrong_length: 'a vector does not have the length of its feature',
  value_too_precise: 'a timestamp feature has more than six decimal places (microseconds)',
  value_too_long: 'a string or JSON value is longer than 64 KiB',
  value_too_deep: 'a JSON value is nested too deeply',
  value_bad_unicode: 'a string or JSON value contains U+0000 or an unpaired surrogate',
} as const satisfies Record<string, string>;

/** What a check returns instead of a COPY field. Created once per check, not per row. */
export type ValueRefusal = {
  readonly reason: keyof typeof VALUE_REASONS;
  /** The end of "<column> is <text>, not …": `a finite number`. */
  readonly expected: string;
};

/** The COPY field for a value, or the reason to refuse it. Never throws. */
export type ValueCheck = (text: string) => string | ValueRefusal;
