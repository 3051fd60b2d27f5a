// Replaces src/presentation by a double without English: `MILLRACE_PRESENTATION=double npm test -- test/run …`.
//
// Each function of that folder returns `[nameOfTheFunction]` instead of its text; other values do not change. Tests of
// behaviour must still pass, since nothing may depend on wording.

import { readFileSync } from 'node:fs';
import { type LoadFnOutput, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

export const usesDouble = process.env['MILLRACE_PRESENTATION'] === 'double';

const FOLDER = new URL('../../src/presentation/', import.meta.url).href;

/** A string, a message, or a list of them, replaced by the double; other values do not change. */
export function doubleText(name: string, said: unknown): unknown {
  if (said instanceof Promise) return said.then((later) => doubleText(name, later));
  if (typeof said === 'string') return said === '' ? '' : `[${name}]`;
  if (typeof said === 'function') return (...given: unknown[]) => doubleText(name, said(...given));
  if (!Array.isArray(said)) return said;
  if (said.length > 0 && said.every(isPart)) return [{ text: `[${name}]` }];
  return said.map((one) => (typeof one === 'string' || Array.isArray(one) ? doubleText(name, one) : one));
}

function isPart(one: unknown): boolean {
  return typeof one === 'object' && one !== null && ('text' in one || 'value' in one || 'command' in one);
}

function doubleOf(url: string): LoadFnOutput {
  const file = fileURLToPath(url);
  const { module } = parseSync(file, readFileSync(file, 'utf8'));
  const names = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ exportName, isType }) => (isType || exportName.name === null ? [] : exportName.name)),
  );
  const lines = names.map(
    (name) =>
      `export const ${name} = typeof real.${name} === 'function' ? (...given) => doubleText('${name}', real.${name}(...given)) : real.${name};`,
  );
  const source = [
    `import * as real from ${JSON.stringify(`${url}?real`)};`,
    `import { doubleText } from ${JSON.stringify(import.meta.url)};`,
    ...lines,
  ].join('\n');
  return { format: 'module', shortCircuit: true, source };
}

if (usesDouble) {
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      const isOutside = !(context.parentURL ?? '').startsWith(FOLDER);
      return isOutside && found.url.startsWith(FOLDER) && !found.url.includes('?')
        ? { ...found, url: `${found.url}?double` }
        : found;
    },
    load: (url, context, next) =>
      url.startsWith(FOLDER) && url.endsWith('?double')
        ? doubleOf(url.slice(0, -'?double'.length))
        : next(url, context),
  });
}
