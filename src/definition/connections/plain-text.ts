// Connections without TLS. Anyone on the network path can read and change them, passwords included.

import type { Connections } from './connections.ts';
import { serverAddress } from './server-url.ts';

const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

/** A warning for each unencrypted connection to another machine. Never contains a password. */
export function plainTextWarnings({ offline, online, queue, sources }: Connections): string[] {
  const named = [
    ['The offline store', offline.url],
    ['The online store', online.url],
    ['The queue', queue.url],
    ...Object.entries(sources).map(([name, { url }]) => [`The source ${name}`, url] as const),
  ] as const;
  return named.flatMap(([what, url]) => {
    const host = plainTextHost(url);
    if (host === null) return [];
    const how = howToEncrypt(url);
    return [`${what} at ${host} is used without TLS, so passwords and rows can be read on the network: ${how}.`];
  });
}

function howToEncrypt(url: string): string {
  if (/^redis:/i.test(url)) return 'write rediss: in its URL';
  if (/^http:/i.test(url)) return 'write https: in its URL';
  return `add ?${/^clickhouse:/i.test(url) ? 'tls=true' : 'sslmode=verify-full'} to its URL`;
}

/** The host of an unencrypted connection; null if it is this machine or the connection is encrypted. */
function plainTextHost(url: string): string | null {
  const isPlain = /^(?:redis|http):/i.test(url);
  const host = isPlain ? (URL.parse(url)?.hostname ?? '') : plainTextServer(url);
  return host === '' || host.startsWith('/') || LOOPBACK.test(host) ? null : host;
}

function plainTextServer(url: string): string {
  const address = serverAddress(url);
  return address === null || address.tls !== null ? '' : (address.host ?? '');
}
