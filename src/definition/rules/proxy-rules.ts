// Rules of a trusted proxy: not a header that clients send or that has another meaning, and not addresses that strangers
// can have.

import { BlockList } from 'node:net';
import { type AddressRange, parseRange } from '../connections/address-range.ts';

const CLIENTS_SEND =
  /^(?:host|origin|referer|user-agent|cookie|authorization|from|date|via|forwarded|x-forwarded-(?:for|host|port|proto|server)|x-real-ip|connection|keep-alive|upgrade.*|te|trailer|transfer-encoding|expect|range|pragma|cache-control|dnt|priority|(?:accept|content|if|sec|access-control)-.*|proxy-(?:authorization|connection)|accept)$/i;

/** The problem with the header in which a proxy sends the user's name; null if there is none. */
export function proxyHeaderWrong(header: unknown): string | null {
  if (typeof header !== 'string' || !CLIENTS_SEND.test(header)) return null;
  return `${header} is a header that browsers send or that proxies use for another purpose; expected one that only your proxy sets, such as X-Forwarded-User`;
}

/** The problem with an address of a proxy; null if there is none. */
export function proxyAddressWrong(address: unknown): string | null {
  if (typeof address !== 'string' || address.trim() === '') return null;
  const shown = `"${address.slice(0, 60)}"`;
  const range = parseRange(address);
  if (range === null) return `${shown} is not an address; expected 10.0.0.5 or 10.0.0.4/30`;
  const bitsMin = widest(range);
  if (range.bits >= bitsMin) return null;
  return `${shown} is too broad, because it includes addresses that your proxy does not use; expected a range of /${bitsMin} or smaller`;
}

const PRIVATE = new BlockList();
for (const [address, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  PRIVATE.addSubnet(address, bits, 'ipv4');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

const EMBEDS_IPV4 = new BlockList();
EMBEDS_IPV4.addSubnet('::', 80, 'ipv6');

/** The shortest prefix of a range: a whole private network, or a public range as large as that of a CDN. */
function widest({ address, family }: AddressRange): number {
  const isPrivate = PRIVATE.check(address, family);
  if (family === 'ipv4') return isPrivate ? 8 : 12;
  // ::ffff:10.0.0.4/126 contains IPv4 addresses.
  if (EMBEDS_IPV4.check(address, family)) return 96 + 12;
  return isPrivate ? 8 : 29;
}
