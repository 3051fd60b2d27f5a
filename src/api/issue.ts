// What is wrong with a request, in words: what its schema expected, and what it received.

import type { z } from './schemas.ts';

type ZodIssue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** `path` leads from the whole input to the wrong value. */
export type RequestIssue = { readonly path: Path; readonly message: string };

const KEYS_SHOWN = 5;

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** The issue of an input. A sentence that its schema defines is kept. */
export function requestIssue(issue: ZodIssue, input: unknown): RequestIssue {
  const { path } = issue;
  const received = () => receivedText(valueAt(input, path));
  switch (issue.code) {
    case 'invalid_type':
      return { path, message: `expected ${typeText(issue.expected)}, received ${received()}` };
    case 'invalid_value':
      return { path, message: `expected ${alternatives(issue.values.map(shown))}, received ${received()}` };
    case 'too_small':
      return { path, message: `expected at least ${amount(issue.minimum, issue.origin)}` };
    case 'too_big':
      return { path, message: `expected at most ${amount(issue.maximum, issue.origin)}` };
    case 'unrecognized_keys':
      return {
        path,
        message: `unknown ${issue.keys.length === 1 ? 'key' : 'keys'} ${issue.keys.slice(0, KEYS_SHOWN).map(shown).join(', ')}`,
      };
    case 'invalid_union':
      return ofUnion(issue, input);
    default:
      return { path, message: issue.message };
  }
}

/** The issue of the alternative that has the type of the value; or that the value has none of their types. */
function ofUnion(issue: z.core.$ZodIssueInvalidUnion, input: unknown): RequestIssue {
  const value = valueAt(input, issue.path);
  const firsts = issue.errors.flatMap(([first]) => first ?? []);
  const types = firsts.flatMap((one) => (one.code === 'invalid_type' && one.path.length === 0 ? [one.expected] : []));
  const near = firsts.find((one) => one.code !== 'invalid_type' || one.path.length > 0);
  if (near === undefined) {
    const message = `expected ${alternatives(types.map(typeText))}, received ${receivedText(value)}`;
    return { path: issue.path, message };
  }
  const { path, message } = requestIssue(near, value);
  return { path: [...issue.path, ...path], message };
}

function typeText(type: string): string {
  return TYPES[type] ?? type;
}

function amount(limit: number | bigint, origin: string): string {
  const one = limit === 1 || limit === 1n;
  if (origin === 'array') return `${limit} ${one ? 'element' : 'elements'}`;
  if (origin === 'string') return `${limit} ${one ? 'character' : 'characters'}`;
  return String(limit);
}

function alternatives(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].filter((part) => part !== '').join(' or ');
}

function receivedText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return shown(value);
}

const SHOWN_CHARACTERS = 60;

function shown(value: unknown): string {
  const whole = typeof value === 'string' ? value : String(value);
  const text = whole.length > SHOWN_CHARACTERS ? `${whole.slice(0, SHOWN_CHARACTERS)}…` : whole;
  return typeof value === 'string' ? JSON.stringify(text.toWellFormed()) : text;
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
