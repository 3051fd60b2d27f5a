// The URL of a Redis server as the driver takes it: the files of a `rediss:` URL are options, not parameters.

import { createSecureContext } from 'node:tls';
import { readTlsFileSync } from '../core/tls-files.ts';

/** The parameters of `rediss:` URLs: as those of database servers. */
const FILES = [
  ['ca', 'sslrootcert'],
  ['cert', 'sslcert'],
  ['key', 'sslkey'],
] as const;

type TlsContents = { ca?: string; cert?: string; key?: string };

export type DriverUrl = { readonly url: string; readonly options: { readonly tls?: TlsContents } };

/** Reads the files. @throws Error if one cannot be read or is not a valid certificate or key. */
export function driverUrl(url: string): DriverUrl {
  const parsed = /^rediss:/i.test(url) ? URL.parse(url) : null;
  if (parsed === null) return { url, options: {} };
  const tls: TlsContents = {};
  for (const [name, parameter] of FILES) {
    const path = parsed.searchParams.get(parameter);
    if (path === null) continue;
    tls[name] = readTlsFileSync(path);
    parsed.searchParams.delete(parameter);
  }
  if (Object.keys(tls).length === 0) return { url, options: {} };
  // The driver would report an error in them where it cannot be caught.
  createSecureContext(tls);
  return { url: parsed.href, options: { tls } };
}
