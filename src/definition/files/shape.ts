// Checks one file against its schema, with problems such as `expected a string, found a list`.

import { z } from 'zod';
import { describeValue } from '../yaml/describe-value.ts';
import { didYouMean, nearestWord } from '../yaml/nearest.ts';
import { formatKeyPath, type KeyPath, type Problem } from '../yaml/problem.ts';
import { isSecretKey } from '../yaml/secret-keys.ts';
import type { YamlFile } from '../yaml/yaml-file.ts';

/** The keys of a file with valid values, for rules about several keys. Invalid keys are absent. */
export type ValidKeys<Whole> = { readonly [Key in keyof Whole]?: Whole[Key] | undefined };

export type Shaped<Whole> = {
  /** Null if there is any problem. */
  readonly whole: Whole | null;
  readonly sound: ValidKeys<Whole>;
  /** The top-level keys of the file, valid or not, and the likely intended keys of misspelled ones. */
  readonly written: ReadonlySet<string>;
  readonly problems: readonly Problem[];
};

/** Checks a file against the schema of its kind. */
export function checkShape<Shape extends z.ZodRawShape>(
  yaml: YamlFile,
  schema: z.ZodObject<Shape>,
): Shaped<z.infer<z.ZodObject<Shape>>> {
  const parsed = schema.safeParse(yaml.value);
  const fields = yaml.value;
  const written = new Set(Object.keys(fields));
  if (parsed.success) return { whole: parsed.data, sound: parsed.data, written, problems: [] };
  const sound: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(schema.shape)) {
    const one = z.safeParse(field, Object.hasOwn(fields, key) ? fields[key] : undefined);
    if (one.success) sound[key] = one.data;
  }
  const found = parsed.error.issues.flatMap(withoutUnion);
  const meant = found.flatMap(meantKeys);
  // If `intervall` is reported as a misspelled `interval`, do not also report `interval` as missing.
  const isIntended = (path: KeyPath) => meant.some((other) => formatKeyPath(other) === formatKeyPath(path));
  const issues = found.filter(({ path }) => {
    const keys = keyPathOf(path);
    return !isIntended(keys) || !valueAt(yaml.value, keys).isMissing;
  });
  for (const [key, ...below] of meant) if (below.length === 0) written.add(String(key));
  const problems = issues.flatMap((issue) => problemsOf(yaml, issue));
  // Each key was parsed by its own schema, as ValidKeys requires.
  return { whole: null, sound: sound as ValidKeys<z.infer<z.ZodObject<Shape>>>, written, problems };
}

/** For a value with several possible schemas, the problems in the one that it matches by kind. */
function withoutUnion(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const isOfKind = (one: z.core.$ZodIssue) => one.path.length > 0 || one.code === 'unrecognized_keys';
  const [only, ...others] = issue.errors.filter((branch) => branch.every(isOfKind));
  if (only === undefined || others.length > 0) return [issue];
  return only.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
}

/** The likely intended keys of misspelled ones. */
function meantKeys(issue: z.core.$ZodIssue): KeyPath[] {
  if (issue.code !== 'unrecognized_keys') return [];
  return issue.keys.flatMap((key) => {
    const word = nearestWord(key, wordsOf(issue.message));
    return word === null ? [] : [[...keyPathOf(issue.path), word]];
  });
}

function keyPathOf(path: readonly PropertyKey[]): KeyPath {
  return path.filter((step) => typeof step !== 'symbol');
}

function problemsOf(yaml: YamlFile, issue: z.core.$ZodIssue): Problem[] {
  const path = keyPathOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const where = path.length === 0 ? '' : ` in \`${formatKeyPath(path)}\``;
      const hint = suggestion(key, issue.message) || knownKeys(issue.message);
      return yaml.problemAt([...path, key], `unknown key \`${key}\`${where}${hint}`, 'key');
    });
  }
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1));
    return [
      yaml.problemAt(path, `\`${formatKeyPath(path)}\`: expected ${issue.issues[0]?.message}, found '${key}'`, 'key'),
    ];
  }
  return [yaml.problemAt(path, sentenceOf(yaml.value, path, issue.message))];
}

function sentenceOf(whole: unknown, path: KeyPath, expected: string): string {
  const { found, isMissing } = valueAt(whole, path);
  const key = formatKeyPath(path);
  if (isMissing) return `\`${key}\` is missing; expected ${expected}`;
  // A password of digits is a number to YAML.
  const hidden = isSecretKey(path) && (typeof found === 'string' || typeof found === 'number');
  const hint = typeof found === 'string' ? suggestion(found, expected) : '';
  return `\`${key}\`: expected ${expected}, found ${hidden ? `a ${typeof found}` : describeValue(found)}${hint}`;
}

/** A view has so many keys that a list of them would hide the problem. */
const KEYS_LISTED_MAX = 20;

function knownKeys(expected: string): string {
  return wordsOf(expected).length > KEYS_LISTED_MAX
    ? '; all keys are listed in docs/reference/files'
    : `; expected ${expected}`;
}

function suggestion(written: string, expected: string): string {
  return didYouMean(written, wordsOf(expected));
}

/** The words of `one of a, b, c`. */
function wordsOf(expected: string): string[] {
  return expected.startsWith('one of ') ? expected.slice('one of '.length).split(', ') : [];
}

function valueAt(whole: unknown, path: KeyPath): { found: unknown; isMissing: boolean } {
  let found = whole;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) {
      return { found: undefined, isMissing: true };
    }
    found = Reflect.get(found, step);
  }
  return { found, isMissing: false };
}
