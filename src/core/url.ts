// URLs with credentials in them, as they may be shown.

/** `postgres://host:5432/shop`: what a URL points to, without user, password or parameters; the scheme alone where these cannot be told apart. */
export function withoutSecrets(url: string): string {
  try {
    const parsed = new URL(url);
    if (mayHoldPassword(parsed)) return `${parsed.protocol}//…`;
    return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  } catch {
    return `${url.split(':', 1)[0] ?? ''}://…`;
  }
}

/**
 * Whether a `/`, `?` or `#` in a password is not written as %2F, %3F or %23: what looks like a host, a port, a path or a
 * parameter is then part of the password.
 */
function mayHoldPassword({ pathname, search, hash }: URL): boolean {
  return hash !== '' || pathname.includes('@') || search.includes('@');
}

const HAS_PASSWORD = /^(?:postgres(?:ql)?|rediss?|mysql|mariadb):/i;

/**
 * What is wrong with the URL of a server whose password may have been cut off, as the end of a sentence; null where
 * nothing is. Connecting would send a part of the password to a resolver of names, and messages would show it.
 */
export function passwordCutOff(url: string): string | null {
  if (!HAS_PASSWORD.test(url) || !isCutOff(url)) return null;
  return 'it has a #, ? or / that does not belong in the URL of a server; in a user name or a password, # is written %23, ? %3F, / %2F, @ %40 and % %25';
}

function isCutOff(url: string): boolean {
  if (url.includes('#')) return true;
  if (!URL.canParse(url)) return false;
  const { pathname, searchParams } = new URL(url);
  return pathname.includes('@') || [...searchParams.keys()].some((name) => name.includes('@'));
}
