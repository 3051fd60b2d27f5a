// Headers of HTTP sources. Their secrets are variables of the environment and never written in millrace.yaml.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { HeaderTexts } from '../config.ts';
import { EXAMPLE, urlProblem, variablesOf } from '../rules/url-rules.ts';
import type { UrlText } from '../url-text.ts';
import type { Problem } from '../yaml/problem.ts';
import { isMap, type YamlFile } from '../yaml/yaml-file.ts';
import { type Environment, variable } from './environment.ts';

type SourceFile = {
  readonly bearer?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
};

/** The headers of a source as written; empty if it has none. */
export function headersOf(
  { bearer, headers = {} }: SourceFile,
  at: (written: string, key: readonly string[]) => UrlText,
): { readonly headers?: HeaderTexts } {
  const all = Object.entries(headers).map(([name, written]) => [name.toLowerCase(), at(written, ['headers', name])]);
  const token = bearer === undefined ? [] : [['authorization', at(`Bearer ${bearer}`, ['bearer'])]];
  const found: HeaderTexts = Object.fromEntries([...all, ...token]);
  return Object.keys(found).length === 0 ? {} : { headers: found };
}

/** The headers with their variables resolved; null if there are none. @throws Failure ENVIRONMENT_MISSING */
export async function resolveHeaders(
  headers: HeaderTexts | undefined,
  env: Environment,
): Promise<Readonly<Record<string, string>> | null> {
  if (headers === undefined) return null;
  const all: [string, string][] = [];
  for (const [name, { text: written, file, line }] of Object.entries(headers)) {
    const value = await resolved(written, env);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      const what = text`The header ${safe(name)} (${safe(file)}:${safe(line)}) contains a line break or another character that is not allowed in a header. Check the variable.`;
      throw new Failure('ENVIRONMENT_MISSING', what, { file });
    }
    all.push([name, value]);
  }
  return Object.fromEntries(all);
}

/** A string with the values of its variables, which may contain `$` and variables themselves. */
async function resolved(written: string, env: Environment): Promise<string> {
  const values = new Map<string, string>();
  for (const name of variablesOf(written)) values.set(`\${${name}}`, (await variable(env, name)) ?? '');
  return written.replace(/\$\{\w+\}/g, (whole) => values.get(whole) ?? whole);
}

const SECRET_HEADER = /auth|cookie|key|token|secret|signature|password/i;

/** Secrets that are written in millrace.yaml, and headers of sources that are not HTTP. */
export function headerProblems(yaml: YamlFile): Problem[] {
  const sources = yaml.value['sources'];
  if (!isMap(sources)) return [];
  return Object.entries(sources).flatMap(([name, source]) => {
    if (!isMap(source)) return [];
    const path = ['sources', name];
    const problem = (key: readonly string[], sentence: string) =>
      yaml.problemAt([...path, ...key], `\`${[...path, ...key].join('.')}\`: ${sentence}`);
    const { url, bearer, headers } = source;
    const isHttp = typeof url !== 'string' || /^(?:https?:|\$\{)/i.test(url);
    const unused = (['bearer', 'headers'] as const)
      .filter((key) => key in source && !isHttp)
      .map((key) => problem([key], 'only for a source with a URL such as https://api.example.com'));
    if (unused.length > 0) return unused;
    const token = typeof bearer === 'string' && !/^\$\{\w+\}$/.test(bearer) ? [problem(['bearer'], SECRET)] : [];
    const written = Object.entries(isMap(headers) ? headers : {}).flatMap(([header, value]) => {
      const wrong = headerProblem(header, value);
      return wrong === null ? [] : [problem(['headers', header], wrong)];
    });
    return [...token, ...written];
  });
}

const SECRET = `expected a variable such as ${EXAMPLE}, not the secret itself; set NAME (or NAME_FILE) in the environment`;

function headerProblem(header: string, value: unknown): string | null {
  if (typeof value !== 'string') return null;
  if (/\$[A-Za-z_({]/.test(value.replace(/\$\{\w+\}/g, ''))) return urlProblem(value.replace(/\s/g, ''));
  return SECRET_HEADER.test(header) && variablesOf(value).length === 0 ? SECRET : null;
}
