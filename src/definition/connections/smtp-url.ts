// The URL of a mail server: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465 (TLS).

import { nearestWord } from '../yaml/nearest.ts';

export type MailServer = {
  readonly host: string;
  readonly port: number;
  /** `start`: TLS from the first byte. `upgrade`: STARTTLS, which the server must offer. */
  readonly tls: 'start' | 'upgrade' | 'off';
  /** The file with the certificate authority to trust; null for those of the system. */
  readonly caFile: string | null;
  readonly login: { readonly user: string; readonly password: string } | null;
};

export const MAIL_SERVER_EXAMPLE =
  'smtps://user:password@mail.example.org or smtp://user:password@mail.example.org:587';

const PARAMETERS = ['sslrootcert', 'starttls'];
const PORTS = { 'smtps:': 465, 'smtp:': 587 } as const;

/** The server of a URL, or what is wrong with the URL: the end of a sentence, without the secrets in it. */
export function parseMailServer(text: string): MailServer | string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:')) {
    return `is not the URL of a mail server; expected ${MAIL_SERVER_EXAMPLE}. In a user name or password, write % as %25, / as %2F, @ as %40, # as %23 and ? as %3F`;
  }
  if (url.hostname === '' || !/^\/?$/.test(url.pathname) || url.hash !== '') {
    return 'has no host, or more than a host and a port; in a user name or password, write / as %2F, @ as %40, # as %23 and ? as %3F';
  }
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) {
    const meant = nearestWord(unknown, PARAMETERS);
    return `has an unknown parameter; expected ${PARAMETERS.join(' or ')}${meant === null ? '' : `, did you mean ${meant}?`}`;
  }
  const names = [...url.searchParams.keys()];
  const wrong = names.find((name, index) => names.indexOf(name) < index || url.searchParams.get(name) === '');
  if (wrong !== undefined) return `has the parameter ${wrong} twice or without a value`;
  const login = loginOf(url);
  if (login === 'wrong') return 'has a user without a password, or a % that is not part of an escape (write % as %25)';
  const tls = tlsOf(url);
  if (tls === null) return 'has an invalid starttls; only starttls=off is allowed, and only with smtp://';
  if (tls === 'off' && login !== null) {
    return 'has starttls=off and a password, which would be sent without encryption; remove one of them';
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? PORTS[url.protocol] : Number(url.port);
  return { host, port, tls, caFile: url.searchParams.get('sslrootcert'), login };
}

function loginOf({ username, password }: URL): MailServer['login'] | 'wrong' {
  if (username === '' && password === '') return null;
  if (username === '' || password === '') return 'wrong';
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return 'wrong';
  }
}

function tlsOf({ protocol, searchParams }: URL): MailServer['tls'] | null {
  const starttls = searchParams.get('starttls');
  if (starttls === null) return protocol === 'smtps:' ? 'start' : 'upgrade';
  return protocol === 'smtp:' && starttls === 'off' ? 'off' : null;
}
