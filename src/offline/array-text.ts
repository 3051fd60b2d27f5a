// Arrays as parameters of statements, in Postgres's text format. The driver writes the same, for five times the CPU.

/** `{"ada",NULL}` */
export function textArray(texts: readonly (string | null)[]): string {
  return `{${texts.map((text) => (text === null ? 'NULL' : `"${escaped(text)}"`)).join()}}`;
}

/** `{17,-4}` */
export function bigintArray(integers: readonly number[]): string {
  return `{${integers.join()}}`;
}

const SPECIAL = /["\\]/;

function escaped(text: string): string {
  return SPECIAL.test(text) ? text.replaceAll(/["\\]/g, '\\$&') : text;
}
