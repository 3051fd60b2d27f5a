// Medians of what was measured, their spread, and ratios between programs.

import { cpuOf, type Use } from './measured.ts';

export type Sample = Use & { readonly rival: string; readonly step: string };

export type Summary = {
  readonly rival: string;
  readonly step: string;
  /** Of all processes. */
  readonly cpu: Spread;
  readonly wall: Spread;
  /** Medians of the processor seconds of each process. */
  readonly processes: { readonly program: number; readonly postgres: number; readonly redis: number };
  /** The largest memory of the program in MiB; null where it was not measured. */
  readonly memory: number | null;
};

/** Seconds. */
export type Spread = { readonly median: number; readonly least: number; readonly greatest: number };

export function summaries(samples: readonly Sample[]): Summary[] {
  const keys = [...new Set(samples.map(({ rival, step }) => `${step} ${rival}`))];
  return keys.map((key) => {
    const of = samples.filter(({ rival, step }) => `${step} ${rival}` === key);
    const [{ rival, step } = { rival: '', step: '' }] = of;
    const median = (pick: (one: Sample) => number) => spreadOf(of.map(pick)).median;
    const memories = of.flatMap(({ memory }) => memory ?? []);
    return {
      rival,
      step,
      cpu: spreadOf(of.map(cpuOf)),
      wall: spreadOf(of.map(({ wall }) => wall)),
      processes: {
        program: median(({ program }) => program),
        postgres: median(({ postgres }) => postgres),
        redis: median(({ redis }) => redis),
      },
      memory: memories.length === 0 ? null : Math.round(Math.max(...memories)),
    };
  });
}

/** How many times as much the one program uses as the other: medians of one step, divided. */
export function ratioOf(lines: readonly Summary[], step: string, [one, other]: readonly [string, string]) {
  const find = (rival: string) => lines.find((line) => line.step === step && line.rival === rival);
  const [left, right] = [find(one), find(other)];
  if (left === undefined || right === undefined) throw new Error(`${step} was not measured for ${one} and ${other}`);
  return {
    cpu: rounded(left.cpu.median / right.cpu.median),
    wall: rounded(left.wall.median / right.wall.median),
  };
}

export function spreadOf(seconds: readonly number[]): Spread {
  const sorted = [...seconds].sort((a, b) => a - b).map(rounded);
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, least: sorted[0] ?? 0, greatest: sorted.at(-1) ?? 0 };
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

const HEADINGS = ['step', 'program', 'CPU s', '× first', 'own', 'Postgres', 'Redis', 'wall s', '× first', 'MiB'];

/** A line per step and program; `× first` compares with the first program of the step. */
export function tableOf(lines: readonly Summary[]): string {
  const cells = lines.map(({ step, rival, cpu, wall, processes, memory }) => {
    const first = lines.find((line) => line.step === step)?.rival ?? rival;
    const times = ratioOf(lines, step, [rival, first]);
    const each = [processes.program, processes.postgres, processes.redis].map((seconds) => seconds.toFixed(2));
    const most = memory === null ? '' : String(memory);
    return [step, rival, shown(cpu), times.cpu.toFixed(2), ...each, shown(wall), times.wall.toFixed(2), most];
  });
  return aligned([HEADINGS, ...cells]);
}

function shown({ median, least, greatest }: Spread): string {
  return `${median.toFixed(2)} (${least.toFixed(2)} to ${greatest.toFixed(2)})`;
}

/** Rows of cells as text, in columns. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}
