// Messages for TLS errors of servers. Node's own messages suggest flags of Node, but a URL names its CA with sslrootcert.
//
// Recognized by code or message, because the MySQL driver replaces the code.

import { messageOf } from './failure.ts';
import { type Message, safe, text, value } from './message.ts';

const SENTENCES: readonly { readonly is: RegExp; readonly sentence: string }[] = [
  {
    is: /self.signed.cert|unable.to.(?:verify.(?:the.first|leaf)|get.(?:local.)?issuer)/i,
    sentence:
      'its certificate is not signed by a trusted authority; add sslrootcert=FILE with the CA certificate to the URL',
  },
  { is: /cert(?:ificate)?.has.expired/i, sentence: 'its certificate has expired; renew it on the server' },
  {
    is: /cert(?:ificate)?.(?:is.)?not.yet.valid/i,
    sentence: 'its certificate is not valid yet; check the clock of this machine and the certificate',
  },
  { is: /wrong.version.number/i, sentence: 'its port does not use TLS; check the port, or enable TLS on the server' },
  {
    is: /server does not support (?:SSL|secure)/i,
    sentence: 'it does not support TLS; enable TLS on the server, or remove sslmode from the URL',
  },
];
/** An invalid certificate, or a failed handshake: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CODES = /^(?:ERR_(?:TLS|SSL|OSSL)_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_)/;
const NAME_MISMATCH = /ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|does not match certificate's altnames/i;

/** Whether the code of an error is one of TLS. */
export function isTlsCode(code: string): boolean {
  return CODES.test(code);
}

/** The problem of a TLS connection and how to fix it; null for any other error. */
export function tlsProblem(thrown: unknown): Message | null {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
  const message = messageOf(thrown);
  const found = SENTENCES.find(({ is }) => is.test(code) || is.test(message));
  if (found !== undefined) return safe(found.sentence);
  if (!NAME_MISMATCH.test(code) && !NAME_MISMATCH.test(message)) return null;
  return text`its certificate is for another host (${value(message.replace(/\.$/, ''))}); use the name in the certificate as the host of the URL`;
}
