// Strict checks of Redis URLs. The driver reads a parameter as one of its options, or ignores it: with `?ssl=true` it connects in
// plain text, and so it does for `REDISS:`.

import { Failure } from '../../core/failure.ts';
import { withoutSecrets } from '../../core/url.ts';
import { nearestWord } from '../yaml/nearest.ts';

const EXAMPLE = 'redis://user:password@host:6379/0';
const ESCAPES = 'in a user name or password, write % as %25, / as %2F, @ as %40, # as %23 and ? as %3F';
/** Of `rediss:` URLs: the authority to trust, and the client certificate and its key. */
const TLS_FILES: readonly string[] = ['sslrootcert', 'sslcert', 'sslkey'];
/** The version of IP; 0 for either, as hosting providers with IPv6 networks document it. */
const FAMILIES: readonly string[] = ['0', '4', '6'];

/** A `redis:` or `rediss:` URL as the driver reads it; any other URL unchanged. @throws Failure DEFINITION_INVALID */
export function redisUrl(url: string, label = withoutSecrets(url)): string {
  if (!/^rediss?:/i.test(url)) return url;
  const problem = problemOf(url);
  if (problem !== null) throw new Failure('DEFINITION_INVALID', `${label}: its URL ${problem}.`);
  return url.replace(/^rediss?:/i, (scheme) => scheme.toLowerCase());
}

/** The end of a sentence, without the secrets of the URL; null if it is valid. */
function problemOf(url: string): string | null {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.hash !== '') return `cannot be parsed; expected ${EXAMPLE}; ${ESCAPES}`;
  const { hostname, pathname, username, password, searchParams } = parsed;
  if (hostname === '') return `has no host; expected ${EXAMPLE}`;
  if (!/^(?:\/\d{0,9})?$/.test(pathname)) {
    return `has more than a database number after the host; expected ${EXAMPLE}; ${ESCAPES}`;
  }
  if (!isDecodable(username + password)) return `has a % that is not part of an escape; ${ESCAPES}`;
  return parameterProblem(searchParams, parsed.protocol === 'rediss:' ? TLS_FILES : []);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function parameterProblem(parameters: URLSearchParams, files: readonly string[]): string | null {
  const known = ['family', ...files];
  const unknown = [...parameters.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const expected = files.length === 0 ? 'only family' : `one of ${known.join(', ')}`;
    return `has the unknown parameter ${JSON.stringify(unknown)}; expected ${expected}${hintOf(unknown, known)}`;
  }
  const repeated = known.find((name) => parameters.getAll(name).length > 1);
  if (repeated !== undefined) return `has the parameter ${repeated} twice`;
  const empty = files.find((name) => parameters.get(name) === '');
  if (empty !== undefined) return `has the parameter ${empty} without a value`;
  if (parameters.has('sslcert') !== parameters.has('sslkey')) return 'has only one of sslcert and sslkey; set both';
  const family = parameters.get('family') ?? '0';
  return FAMILIES.includes(family) ? null : `has family=${family}; expected ${FAMILIES.join(', ')}`;
}

/** In a `redis:` URL, `ssl=true` or `tlsMode=…` asks for TLS. */
function hintOf(parameter: string, known: readonly string[]): string {
  if (/ssl|tls/i.test(parameter) && known.length === 1) return '; for TLS, use rediss: instead of redis:';
  if (/^(?:db|database)$/i.test(parameter))
    return `; write the number of the database after the host, as in ${EXAMPLE}`;
  const nearest = nearestWord(parameter, known);
  return nearest === null ? '' : `; did you mean \`${nearest}\`?`;
}
