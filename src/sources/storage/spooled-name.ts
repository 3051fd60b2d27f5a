// The names of files in the spool.

/** A name without special characters. Keeps the extension, which gives the compression and format. */
export function spooledName(name: string, index: number): string {
  return `${index}${/(?:\.[A-Za-z0-9]{1,16}){1,3}$/.exec(name)?.[0] ?? ''}`;
}
