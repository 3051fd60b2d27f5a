// Shared by the fuzz benches: damaged inputs, some with long values, and the limits while they are read.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { mutated } from '../../test/sources/lake/fuzzing.ts';
import { report } from '../report.ts';

/** `MILLRACE_FUZZ_SHARE=0.01` takes a hundredth of the inputs. */
export function shareOf(inputs: number): number {
  return Math.max(1, Math.round(inputs * Number(process.env['MILLRACE_FUZZ_SHARE'] ?? 1)));
}

/** Whether `MILLRACE_FUZZ_MINUTES` have passed: the inputs until then are reported. */
export function isTimeUp(): boolean {
  return performance.now() > 60_000 * Number(process.env['MILLRACE_FUZZ_MINUTES'] ?? Number.POSITIVE_INFINITY);
}

const LONG_OF = [...Buffer.from(' \t\n\r"\'`$,;:-/*\\{}[]()<>#&!|%@?0a9eE.+_=\0'), 0xc3, 0xff];
const LONG_LENGTHS = [100, 3_000, 20_000, 100_000];
const HUGE_NUMBERS = ['20000000', '9999999999', '-1', '1e308', '2147483648', '18446744073709551616'];

/** A damaged copy; a third repeat one character thousands of times, and some have a huge number. */
export function hostile(content: Buffer, random: () => number): Buffer {
  const pick = <One>(of: readonly One[]): One => of[Math.floor(random() * of.length)] as One; // none of the lists is empty
  const put = (bytes: Buffer, what: Buffer, over: number): Buffer => {
    const at = Math.floor(random() * (bytes.length + 1));
    return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at + over)]);
  };
  const chosen = random();
  if (chosen < 0.33) return put(content, Buffer.alloc(pick(LONG_LENGTHS), pick(LONG_OF)), 0);
  if (chosen < 0.38) return put(content, Buffer.from(pick(HUGE_NUMBERS)), 1);
  // The lengths and offsets of binary formats.
  if (chosen < 0.43)
    return put(
      content,
      Buffer.from(
        pick([
          [255, 255, 255, 127],
          [255, 255, 255, 255, 15],
          [0, 0, 0, 128],
        ]),
      ),
      4,
    );
  return mutated(content, random);
}

/** Reads one input. */
export type ReadOne = <Result>(read: () => Promise<Result>) => Promise<Result>;

/**
 * Runs `work`, which returns the number of inputs, and reports the longest block of the event loop, and the peak of memory. On a
 * busy machine a block is longer than the work that caused it: the processor time of the slowest input says by how much.
 */
export async function watched(
  inputs: string,
  memoryMiB: number,
  work: (readOne: ReadOne) => Promise<number>,
): Promise<void> {
  let slowest = 0;
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const readInputs = await work(async (read) => {
    const before = process.cpuUsage();
    const result = await read();
    const { user, system } = process.cpuUsage(before);
    slowest = Math.max(slowest, user + system);
    return result;
  });
  delay.disable();
  const what = `${readInputs} ${inputs}`;
  report(`${what}: longest block of the event loop`, delay.max / 1e9, { atMost: 2, unit: 's' });
  if (slowest > 0) report(`${what}: processor time of the slowest`, slowest / 1e6, { atMost: 2, unit: 's' });
  report(`${what}: peak memory`, process.resourceUsage().maxRSS / 1_024, { atMost: memoryMiB, unit: 'MiB' });
}
