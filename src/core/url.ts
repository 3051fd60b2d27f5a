// URLs with credentials in them, as they may be shown.

/** `postgres://host:5432/shop`: what a URL points to, without user, password or parameters; the scheme alone where these cannot be told apart. */
export function withoutSecrets(url: string): string {
  try {
    const parsed = new URL(url);
    // A slash in a password that is not written %2F: what looks like a port and a path is the password.
    if (parsed.pathname.includes('@')) return `${parsed.protocol}//…`;
    return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  } catch {
    return `${url.split(':', 1)[0] ?? ''}://…`;
  }
}
