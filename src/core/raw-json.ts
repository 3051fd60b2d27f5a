// Numbers in JSON with all their digits. Node 24 has these functions, which the compiler's ES2024 library does not declare yet.

declare global {
  interface JSON {
    rawJSON(text: string): RawJson;
    isRawJSON(value: unknown): value is RawJson;
  }
}

/** A value that JSON.stringify writes as this text. */
export type RawJson = { readonly rawJSON: string };

/** The value of a string that is JSON. */
export function rawJson(text: string): RawJson {
  return JSON.rawJSON(text);
}

export function isRawJson(value: unknown): value is RawJson {
  return JSON.isRawJSON(value);
}

/** A reviver for JSON.parse: numbers that JavaScript would write with other digits are kept as text. */
export function withDigits(_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  return typeof value !== 'number' || source === undefined || source === String(value) ? value : rawJson(source);
}
