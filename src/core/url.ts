// URLs with credentials in them, as they may be shown.

/** `postgres://host:5432/shop`: what a URL points to, without user, password or parameters; the scheme alone where it cannot be parsed. */
export function withoutSecrets(url: string): string {
  try {
    const parsed = new URL(url);
    return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  } catch {
    return `${url.split(':', 1)[0] ?? ''}://…`;
  }
}
