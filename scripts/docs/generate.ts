// `npm run docs`: writes every page, and part of a page, that is generated. Tests fail while one is out of date.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generatedFiles } from '../../src/definition/reference/generate.ts';
import { OUTPUTS } from '../monitoring.ts';
import { commandPages } from './command-pages.ts';
import { runStates, viewStates } from './diagrams.ts';
import { errorCodes } from './error-guide.ts';

const CHECKOUT = path.resolve(import.meta.dirname, '../..');

/** Page → the name of its generated part, and that part. */
const PARTS: Readonly<Record<string, readonly [name: string, make: () => string]>> = {
  'docs/architecture/runs.md': ['run states', runStates],
  'docs/architecture/views.md': ['view states', viewStates],
  'docs/reference/error-codes.md': ['error codes', errorCodes],
};

/** Path below the checkout → the text that it should have. */
export function generatedDocs(): Record<string, string> {
  const commands = Object.entries(commandPages()).map(([name, text]) => [`docs/reference/commands/${name}`, text]);
  const parts = Object.entries(PARTS).map(([file, [name, make]]) => [file, withPart(read(file), name, make())]);
  const monitoring = Object.entries(OUTPUTS).map(([file, make]) => [
    file,
    make(file.endsWith('.md') ? read(file) : ''),
  ]);
  return { ...generatedFiles(), ...Object.fromEntries([...commands, ...parts, ...monitoring]) };
}

/** A page with what is between `<!-- NAME: generated -->` and `<!-- /NAME -->` replaced. */
function withPart(page: string, name: string, part: string): string {
  const [start, end] = [`<!-- ${name}: generated -->`, `<!-- /${name} -->`];
  const [before, rest] = page.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`a page has no part "${name}"`);
  return `${before}${start}\n\n${part}\n\n${end}${after}`;
}

function read(file: string): string {
  return readFileSync(path.join(CHECKOUT, file), 'utf8');
}

if (import.meta.main) {
  for (const [file, text] of Object.entries(generatedDocs())) {
    mkdirSync(path.dirname(path.join(CHECKOUT, file)), { recursive: true });
    writeFileSync(path.join(CHECKOUT, file), text);
  }
}
