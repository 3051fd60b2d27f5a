// Medians of what was measured, their spread, and ratios to the floor.

export type Sample = { readonly rival: string; readonly step: string; readonly cpu: number; readonly wall: number };

export type Summary = {
  readonly rival: string;
  readonly step: string;
  readonly cpu: Spread;
  readonly wall: Spread;
  /** Medians divided by the floor's of the same run. */
  readonly cpuOverFloor: number;
  readonly wallOverFloor: number;
};

/** Seconds. */
export type Spread = { readonly median: number; readonly least: number; readonly greatest: number };

export function summaries(samples: readonly Sample[]): Summary[] {
  const keys = [...new Set(samples.map(({ rival, step }) => `${step} ${rival}`))];
  const of = (step: string, rival: string) => samples.filter((one) => one.step === step && one.rival === rival);
  return keys.map((key) => {
    const [step = '', rival = ''] = key.split(' ');
    const [cpu, wall] = spreadsOf(of(step, rival));
    const [floorCpu, floorWall] = spreadsOf(of(step, 'floor'));
    return {
      rival,
      step,
      cpu,
      wall,
      cpuOverFloor: rounded(cpu.median / floorCpu.median),
      wallOverFloor: rounded(wall.median / floorWall.median),
    };
  });
}

function spreadsOf(samples: readonly Sample[]): [cpu: Spread, wall: Spread] {
  return [spreadOf(samples.map(({ cpu }) => cpu)), spreadOf(samples.map(({ wall }) => wall))];
}

function spreadOf(seconds: readonly number[]): Spread {
  const sorted = [...seconds].sort((a, b) => a - b).map(rounded);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, least: sorted[0] ?? 0, greatest: sorted.at(-1) ?? 0 };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

export function tableOf(lines: readonly Summary[]): string {
  const cells = lines.map(({ step, rival, cpu, wall, cpuOverFloor, wallOverFloor }) => [
    step,
    rival,
    `${cpu.median.toFixed(2)} (${cpu.least.toFixed(2)} to ${cpu.greatest.toFixed(2)})`,
    `${cpuOverFloor.toFixed(2)}`,
    `${wall.median.toFixed(2)} (${wall.least.toFixed(2)} to ${wall.greatest.toFixed(2)})`,
    `${wallOverFloor.toFixed(2)}`,
  ]);
  const all = [['step', 'rival', 'CPU s', '× floor', 'wall s', '× floor'], ...cells];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
