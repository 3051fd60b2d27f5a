// Durations: 30s, 5m, 1h, 1d.

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `30s`, `5m`, `1h` or `1d`; null if the text is not a duration. */
export function parseDuration(text: string): number | null {
  const found = /^(\d{1,9})(s|m|h|d)$/.exec(text);
  if (found === null) return null;
  const unit = found[2] as keyof typeof UNIT_MS; // the expression admits nothing else
  return Number(found[1]) * UNIT_MS[unit];
}

/** The shortest exact way to write a number of milliseconds: `90s`, `1h`, `1d`, `250ms`. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (milliseconds !== 0 && milliseconds % UNIT_MS[unit] === 0) return `${milliseconds / UNIT_MS[unit]}${unit}`;
  }
  return milliseconds === 0 ? '0s' : `${milliseconds}ms`;
}

/** A duration for people, rounded to its two largest units: `3d 4h`, `2m 10s`, `1.2s`. */
export function humanDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)}ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(milliseconds < 10_000 ? 1 : 0)}s`;
  const parts: string[] = [];
  let rest = Math.round(milliseconds / 1_000) * 1_000;
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / UNIT_MS[unit]);
    rest -= count * UNIT_MS[unit];
    if (count > 0 || parts.length > 0) parts.push(`${count}${unit}`);
    if (parts.length === 2) break;
  }
  return parts.filter((part) => !part.startsWith('0')).join(' ');
}
