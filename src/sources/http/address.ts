// The URL of an HTTP source, its credentials, and the URLs of its pages.

import { Failure } from '../../core/failure.ts';
import type { Interval } from '../../core/interval.ts';
import { safe, text } from '../../core/message.ts';
import { trimmedEnd } from '../../core/trimmed-end.ts';
import { withoutSecrets } from '../../core/url.ts';
import type { PagedRequest } from '../../definition/view.ts';
import type { SourceOptions } from '../source.ts';

export type HttpAddress = {
  readonly base: URL;
  /** For messages: the origin of the URL, because its path may hold a secret too. */
  readonly label: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** @throws Failure DEFINITION_INVALID for an invalid URL. */
export function httpAddress({ name, url, headers = {} }: SourceOptions): HttpAddress {
  const base = URL.parse(url);
  if (base === null || base.hash !== '') {
    const what = text`Source ${safe(name)} (${safe(withoutSecrets(url))}): the URL cannot be parsed; expected a URL such as https://api.example.com/v1.`;
    throw new Failure('DEFINITION_INVALID', what, { source: name });
  }
  const user = loginOf(base, name);
  const basic = user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  base.username = '';
  base.password = '';
  return { base, label: base.origin, headers: { ...basic, ...headers } };
}

function loginOf({ username, password, origin }: URL, source: string): string {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    const what = text`Source ${safe(source)} (${safe(origin)}): the user name or password in the URL cannot be decoded; write % as %25.`;
    throw new Failure('DEFINITION_INVALID', what, { source });
  }
}

/** The URL of the first page. */
export function firstPage({ base }: HttpAddress, request: PagedRequest, span: Interval | null): URL {
  const url = new URL(base);
  const [path = '', ...rest] = request.path.split('?');
  const query = rest.join('?');
  url.pathname = `${trimmedEnd(base.pathname, '/')}${filled(path, span, encodeURIComponent)}`;
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, filled(value, span));
  for (const [name, value] of Object.entries(request.parameters ?? {})) url.searchParams.set(name, filled(value, span));
  return url;
}

function filled(value: string, span: Interval | null, encode = (written: string) => written): string {
  if (span === null) return value;
  const time = (instant: number) => encode(new Date(instant).toISOString().replace('.000Z', 'Z'));
  return value.replaceAll('{{start}}', () => time(span.start)).replaceAll('{{end}}', () => time(span.end));
}
