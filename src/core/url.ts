// URLs without their credentials, safe to show.

/** `postgres://host:5432/shop`: a URL without user, password and parameters; only the scheme if these cannot be separated. */
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
 * Whether a password may contain a `/`, `?` or `#` that is not written as %2F, %3F or %23. What looks like a host, a port,
 * a path or a parameter is then part of the password.
 */
function mayHoldPassword({ pathname, search, hash }: URL): boolean {
  return hash !== '' || pathname.includes('@') || search.includes('@');
}

const HAS_PASSWORD = /^(?:postgres(?:ql)?|rediss?|mysql|mariadb|clickhouse):/i;

/**
 * The problem with a server URL whose password is cut off by an unescaped character, as the end of a sentence; null if
 * there is none. Connecting would send part of the password to a DNS resolver, and messages would show it.
 */
export function passwordCutOff(url: string): string | null {
  if (!HAS_PASSWORD.test(url) || !isCutOff(url)) return null;
  return 'it has a #, ? or / in an unexpected place; in a user name or password, write # as %23, ? as %3F, / as %2F, @ as %40 and % as %25';
}

function isCutOff(url: string): boolean {
  if (url.includes('#')) return true;
  if (!URL.canParse(url)) return false;
  const { pathname, searchParams } = new URL(url);
  return pathname.includes('@') || [...searchParams.keys()].some((name) => name.includes('@'));
}
