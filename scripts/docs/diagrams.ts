// Mermaid diagrams of states, drawn from the tables that the code uses.

import { isIn, RUN_STATES, type RunState } from '../../src/state/runs/states.ts';
import { statesBefore, TRANSITIONS, type Transition } from '../../src/state/runs/transitions.ts';
import { ATTENTION_STATES, VIEW_STATES } from '../../src/state/views/view-state.ts';

/** The states of a run and the transitions between them. */
export function runStates(): string {
  const edges = new Map<string, string[]>();
  const kept: string[] = [];
  for (const [name, transition] of Object.entries<Transition>(TRANSITIONS)) {
    const moves = statesBefore(transition).map((from): [RunState, RunState] => [from, transition.moves[from] ?? from]);
    if (moves.every(([from, to]) => from === to)) kept.push(`\`${name}\``);
    for (const [from, to] of moves.filter(([start, end]) => start !== end)) {
      const edge = `${from} --> ${to}`;
      edges.set(edge, [...(edges.get(edge) ?? []), name]);
    }
  }
  const arrows = [...edges].map(([edge, names]) => `  ${edge}: ${names.join(', ')}`);
  const ends = RUN_STATES.filter((state) => isIn({ state }, 'over')).map((state) => `  ${state} --> [*]`);
  const lines = ['stateDiagram-v2', '  [*] --> planned', ...arrows, ...ends];
  return `${mermaid(lines)}\n\nThese transitions do not change the state: ${kept.join(', ')}.`;
}

/** The order in which the states of a view are tried; those that need attention are marked. */
export function viewStates(): string {
  const rows = VIEW_STATES.map((state, at) => {
    const next = VIEW_STATES[at + 1];
    const arrow = next === undefined ? '' : ` -->|otherwise| ${next}`;
    return `  ${state}${ATTENTION_STATES.includes(state) ? ':::attention' : ''}${arrow}`;
  });
  const style = '  classDef attention fill:#fde2e1,stroke:#b42318,color:#1f1f1f';
  return `${mermaid(['flowchart TD', ...rows, style])}\n\nRed states need attention.`;
}

function mermaid(lines: readonly string[]): string {
  return ['```mermaid', ...lines, '```'].join('\n');
}
