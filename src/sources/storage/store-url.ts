// URLs of object stores: `s3://bucket/folder?region=…`, `abfss://container@account.dfs.core.windows.net/folder`.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { trimmedEnd } from '../../core/trimmed-end.ts';
import type { SourceOptions } from '../source.ts';

export type StoreUrl = {
  /** The part between `//` and the next slash. */
  readonly host: string;
  /** The prefix of all names: empty, or a path that ends with a slash. */
  readonly folder: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** For messages: the URL without its parameters. */
  readonly label: string;
};

type Grammar = { readonly parameters: readonly string[]; readonly example: string };

/** @throws Failure DEFINITION_INVALID for a URL without a host, with an unknown parameter, or with an invalid endpoint. */
export function storeUrl({ name, url }: SourceOptions, { parameters, example }: Grammar): StoreUrl {
  const [, scheme = '', host = '', path = '', query = ''] =
    /^([a-z0-9]+):\/\/([^/?#]*)(\/[^?#]*)?(?:\?(.*))?$/is.exec(url) ?? [];
  const label = `${scheme.toLowerCase()}://${hidden(host)}${trimmedEnd(path, '/')}`;
  const invalid = (problem: string) => {
    const what = text`Source ${safe(name)} (${safe(label)}): ${safe(problem)}; expected a URL such as ${safe(example)}.`;
    return new Failure('DEFINITION_INVALID', what, { source: name });
  };
  if (host === '') throw invalid('the URL has no host');
  const given = new URLSearchParams(query);
  for (const [parameter, value] of given) {
    if (!parameters.includes(parameter)) {
      throw invalid(
        `the URL has the unknown parameter ${JSON.stringify(parameter)}; expected one of ${parameters.join(', ')}`,
      );
    }
    if (parameter === 'endpoint' && !/^https?:\/\/[^/?#@]+(?:\/[^?#]*)?$/i.test(value)) {
      throw invalid('its endpoint is not a URL that starts with https:// or http://');
    }
  }
  const folder = trimmedEnd(decoded(path), '/').replace(/^\/+/, '');
  return { host, folder: folder === '' ? '' : `${folder}/`, parameters: new Map(given), label };
}

/** Without a user and password, which such a URL cannot have. */
function hidden(host: string): string {
  const at = host.lastIndexOf('@');
  return at !== -1 && host.slice(0, at).includes(':') ? `…${host.slice(at)}` : host;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
