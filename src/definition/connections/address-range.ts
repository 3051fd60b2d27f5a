// Ranges of IP addresses.

import { isIP } from 'node:net';

export type AddressRange = { readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' };

/** Parses `10.0.0.4/30` or a single address; null if the text is neither. */
export function parseRange(text: string): AddressRange | null {
  const [address = '', bitsText, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return null;
  const max = version === 4 ? 32 : 128;
  const bits = bitsText === undefined ? max : /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN;
  return bits >= 0 && bits <= max ? { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' } : null;
}
