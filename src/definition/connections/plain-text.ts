// Connections without TLS. Anyone on the network path can read and change them, passwords included.

import type { AlertTarget } from './alert-targets.ts';
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
    return [`${what} at ${host} is used without TLS, so anyone on the network can read passwords and rows: ${how}.`];
  });
}

/** The same for targets of alerts, which get names of views and errors of runs. */
export function plainTextTargets(targets: readonly AlertTarget[]): string[] {
  return targets.flatMap((target) => {
    const isPlain = target.format === 'email' ? target.server.tls === 'off' : target.url.protocol === 'http:';
    const host = target.format === 'email' ? target.server.host : target.url.hostname;
    if (!isPlain || LOOPBACK.test(host)) return [];
    const how = target.format === 'email' ? 'remove starttls=off from its URL' : 'use https: in its URL';
    return [
      `The alert target ${target.name} at ${host} is used without TLS, so anyone on the network can read messages: ${how}.`,
    ];
  });
}

function howToEncrypt(url: string): string {
  if (/^redis:/i.test(url)) return 'use rediss: in its URL';
  if (/^http:/i.test(url)) return 'use https: in its URL';
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
