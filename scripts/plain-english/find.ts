// Finds avoided words in the files that people read: docs, help, messages, comments and names.

import { globSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { AVOIDED_WORDS } from './words.ts';

/** `line` counts from 1. */
export type Hit = {
  readonly file: string;
  readonly line: number;
  readonly word: string;
  readonly instead: string;
};

/** What is scanned unless paths are given, relative to the root of the repository. */
export const SCANNED = [
  ...['src', 'scripts', 'bench', 'test', 'docs', 'features', 'jobs', 'datasets', 'deploy', 'bin'],
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
];

const READ = /\.(ts|mjs|js|sh|sql|lua|md|ya?ml|css|html|json)$/;

/** Released text that stays as it is, recorded data, and the files that have to name the words. */
const LEFT_OUT =
  /^(src\/state\/(migrations\/|functions\/lacking\.sql)|test\/state\/previous-release|test\/run\/files\/lake-cases\/|scripts\/plain-english\/(words|find)\.ts|test\/plain-english\.test\.ts)/;

const WORDS = AVOIDED_WORDS.map(({ phrase, instead }) => ({
  pattern: new RegExp(`(?<![a-z_])(?:${phrase})(?![a-z_])`, 'g'),
  instead,
}));

/** The avoided words in files and folders, in the order of their paths. */
export function findAvoidedWords(root: string, paths: readonly string[] = SCANNED): Hit[] {
  return filesOf(root, paths).flatMap((file) => avoidedWordsIn(file, readFileSync(join(root, file), 'utf8')));
}

/** The avoided words in the text of one file, from its beginning to its end. */
export function avoidedWordsIn(file: string, text: string): Hit[] {
  const lines = text.split('\n').map(readable);
  const joined = lines.join(' ');
  const hits = WORDS.flatMap(({ pattern, instead }) =>
    [...joined.matchAll(pattern)].map((match) => ({ at: match.index, word: match[0], instead })),
  );
  const starts = startsOf(lines);
  return hits
    .sort((one, other) => one.at - other.at)
    .map(({ at, word, instead }) => ({ file, line: starts.findLastIndex((start) => start <= at) + 1, word, instead }));
}

/** A line in lower case without the marks of a comment; names in camelCase and words with hyphens are separate words. */
function readable(line: string): string {
  return line
    .replace(/^\s*(\/\/|\/?\*+|--|#+|>)?\s*/, '')
    .replace(/(?<=[a-z])(?=[A-Z])|(?<=[a-z])-(?=[a-z])|\s+/g, ' ')
    .toLowerCase();
}

/** Where each line starts in the joined text. */
function startsOf(lines: readonly string[]): number[] {
  let next = 0;
  return lines.map((line) => {
    const start = next;
    next += line.length + 1;
    return start;
  });
}

function filesOf(root: string, paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => {
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    if (stat?.isDirectory() !== true) return stat === undefined ? [] : [path];
    return globSync('**/*', { cwd: join(root, path) }).map((file) => `${path}/${file}`.replaceAll(sep, '/'));
  });
  return [...new Set(found)].filter((file) => READ.test(file) && !LEFT_OUT.test(file)).sort();
}
