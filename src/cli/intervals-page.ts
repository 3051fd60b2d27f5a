// The page of a view's intervals: the strip with its legend, what is wrong below it, and what mends that.

import { formatDuration } from '../core/duration.ts';
import { within } from '../plan/explain-spans.ts';
import { MARKS, stripLines, type UnitState } from '../plan/strip.ts';
import { count, counted, shortInstant, shortSpan, unitsOf } from './format.ts';
import { type Hole, holesOf, mendingCommands } from './interval-holes.ts';
import { type Drawn, heldAndCovered, unitsByState } from './intervals.ts';
import { bounded } from './run-trouble.ts';
import type { Styled, Terminal } from './terminal.ts';

const WORDS = {
  covered: 'covered',
  stale: 'to be done again',
  missing: 'missing',
  held: 'held',
  planned: 'running or planned',
  skipped: 'skipped',
} as const satisfies Partial<Record<UnitState, string>>;

const STYLES = { held: 'red', missing: 'red', waiting: 'yellow', skipped: 'dim' } as const;
const HOLES_SHOWN = 20;
const COMMANDS_SHOWN = 5;

export function printIntervals(terminal: Terminal, drawn: Drawn): void {
  const { view } = drawn.status;
  terminal.line({ style: 'bold', text: view.name }, `  units of ${formatDuration(view.unitMs)}, UTC`);
  const leftOut = leftOutText(drawn);
  if (leftOut !== null) terminal.line({ style: 'dim', text: leftOut });
  for (const { label, text } of stripLines(drawn.coverage, drawn.strip)) {
    terminal.line({ style: 'dim', text: label }, `  ${text}`);
  }
  terminal.line({ style: 'dim', text: legend() });
  terminal.line('');
  terminal.line(sumText(drawn));
  printHoles(terminal, view.name, holesOf(drawn));
}

function legend(): string {
  return Object.entries(WORDS)
    .map(([state, word]) => `${MARKS[state as UnitState]} ${word}`) // the keys of WORDS
    .join('   ');
}

/** `Left out: 340 units before 2026-05-01 (2 held); see them with --from 2025-05-26`. */
function leftOutText({ coverage, range, strip }: Drawn): string | null {
  if (strip.start <= range.start) return null;
  const before = { start: range.start, end: strip.start };
  const states = [...unitsByState({ coverage, range: before })].filter(([state]) => state !== 'covered');
  const others = states.map(([state, units]) => `${count(units)} ${wordOf(state)}`).join(', ');
  const units = counted(unitsOf([before], coverage.unitMs), 'unit');
  const which = others === '' ? 'all covered' : others;
  return `Left out: ${units} before ${shortInstant(strip.start)} (${which}); see them with --from ${shortInstant(range.start)}`;
}

/** `49 units from 2026-01-01 to 2026-02-19: 45 covered, 3 held, 1 missing; 2 covered and not online yet.` */
function sumText(drawn: Drawn): string {
  const { range, coverage, status } = drawn;
  const states = unitsByState(drawn);
  const parts = Object.keys(WORDS).flatMap((name) => {
    const state = name as UnitState; // the keys of WORDS
    const units = states.get(state);
    return units === undefined ? [] : [`${count(units)} ${wordOf(state)}`];
  });
  const all = [...states.values()].reduce((sum, units) => sum + units, 0);
  const debt = unitsOf(within(status.unpublished, range), coverage.unitMs);
  const online = debt === 0 ? '' : `; ${count(debt)} stored and not yet in the online store`;
  const kept = heldAndCovered(drawn);
  const before = kept === 0 ? '' : `; ${count(kept)} held, but still covered by the rows from before`;
  return `${counted(all, 'unit')} from ${shortInstant(range.start)} to ${shortInstant(range.end)}: ${parts.join(', ')}${before}${online}.`;
}

function wordOf(state: UnitState): string {
  return state === 'future' ? 'not settled' : WORDS[state];
}

function printHoles(terminal: Terminal, view: string, holes: readonly Hole[]): void {
  if (holes.length === 0) return;
  terminal.line('');
  for (const { span, kind, why } of holes.slice(0, HOLES_SHOWN)) {
    const mark: Styled = { style: STYLES[kind], text: kind.padEnd(9) };
    terminal.line(mark, `${shortSpan(span)}  ${bounded(why)}`);
  }
  if (holes.length > HOLES_SHOWN)
    terminal.line(`… and ${counted(holes.length - HOLES_SHOWN, 'more span')}: --json has them all`);
  const commands = mendingCommands(view, holes);
  if (commands.length === 0) return;
  terminal.line('');
  terminal.line('Mend them with:');
  for (const command of commands.slice(0, COMMANDS_SHOWN)) terminal.line(`  ${command}`);
  if (commands.length > COMMANDS_SHOWN) terminal.line(`  … and ${commands.length - COMMANDS_SHOWN} more`);
}
