// The output of `intervals`: the strip with its legend, the uncovered spans, and the commands that fix them.

import { formatDuration } from '../../core/duration.ts';
import type { Interval } from '../../core/interval.ts';
import { keysOf } from '../../core/keys.ts';
import { type Coverage, MARKS, stripLines } from '../../plan/strip.ts';
import { count, counted, shortInstant, shortSpan, unitsOf } from '../../presentation/format.ts';
import { bounded } from '../../presentation/runs/run-waiting.ts';
import type { Styled } from '../../presentation/text.ts';
import { fixCommands, type Hole, holesLeft, holesOf } from '../../presentation/views/interval-holes.ts';
import { type Drawn, sumText, UNIT_WORDS, unitsByState, wordOf } from '../../presentation/views/intervals.ts';
import type { UnitSums } from '../../state/queries/unit-sums.ts';
import type { Terminal } from '../output/terminal.ts';

const STYLES = { held: 'red', missing: 'red', waiting: 'yellow', skipped: 'dim' } as const;
const HOLES_SHOWN = 20;
const COMMANDS_SHOWN = 5;

/** The part of the time that is drawn, and the sums of what lies before it, if anything. */
export type Strip = {
  readonly strip: Interval;
  readonly coverage: Coverage;
  readonly before: UnitSums | null;
};

export function printIntervals(terminal: Terminal, drawn: Drawn & Strip): void {
  const { view } = drawn.status;
  terminal.line({ style: 'bold', text: view.name }, `  units of ${formatDuration(view.unitMs)}, UTC`);
  const notShown = notShownText(drawn);
  if (notShown !== null) terminal.line({ style: 'dim', text: notShown });
  for (const { label, text } of stripLines(drawn.coverage, drawn.strip)) {
    terminal.line({ style: 'dim', text: label }, `  ${text}`);
  }
  terminal.line({ style: 'dim', text: legend() });
  terminal.line('');
  terminal.line(sumText(drawn));
  printHoles(terminal, view.name, { holes: holesOf(drawn), left: holesLeft(drawn) });
}

function legend(): string {
  return keysOf(UNIT_WORDS)
    .map((state) => `${MARKS[state]} ${UNIT_WORDS[state]}`)
    .join('   ');
}

/** `Not shown: 340 units before 2026-05-01 (2 held); to show them: --from 2025-05-26`. */
function notShownText({ coverage, range, strip, before }: Drawn & Strip): string | null {
  if (before === null) return null;
  const states = [...unitsByState(before, coverage.unitMs)].filter(([state]) => state !== 'covered');
  const others = states.map(([state, units]) => `${count(units)} ${wordOf(state)}`).join(', ');
  const units = counted(unitsOf([{ start: range.start, end: strip.start }], coverage.unitMs), 'unit');
  const which = others === '' ? 'all covered' : others;
  return `Not shown: ${units} before ${shortInstant(strip.start)} (${which}); to show them: --from ${shortInstant(range.start)}`;
}

/** `left`: the number of holes beyond those listed. */
function printHoles(terminal: Terminal, view: string, { holes, left }: { holes: readonly Hole[]; left: number }): void {
  if (holes.length === 0) return;
  terminal.line('');
  for (const { span, kind, why } of holes.slice(0, HOLES_SHOWN)) {
    const mark: Styled = { style: STYLES[kind], text: kind.padEnd(9) };
    terminal.line(mark, `${shortSpan(span)}  `, typeof why === 'string' ? bounded(why) : why);
  }
  const more = holes.length + left - HOLES_SHOWN;
  const where = left === 0 ? 'use --json to list all' : 'use --from and --to to narrow the range';
  if (more > 0) terminal.line(`… and ${counted(more, 'more span')}: ${where}`);
  const commands = fixCommands(view, holes);
  if (commands.length === 0) return;
  terminal.line('');
  terminal.line('To fix them, run:');
  for (const command of commands.slice(0, COMMANDS_SHOWN)) terminal.line(`  ${command}`);
  if (commands.length > COMMANDS_SHOWN) terminal.line(`  … and ${commands.length - COMMANDS_SHOWN} more`);
}
