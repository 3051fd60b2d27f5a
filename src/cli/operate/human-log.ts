// The log of a process as lines for a person at the terminal.

import { formatInstant } from '../../core/instant.ts';
import type { Log, LogFacts } from '../../core/log.ts';
import { scrubbed } from '../../observe/logger.ts';
import type { Style } from '../../presentation/text.ts';
import type { Cli } from '../command.ts';

/** `19:52:16  run.claimed  run=1 view=customer_orders`; events below `level` are left out. */
export function humanLog({ terminal, clock }: Pick<Cli, 'terminal' | 'clock'>, level: 'debug' | 'info'): Log {
  const write =
    (style: Style | null) =>
    (event: string, facts: LogFacts = {}) => {
      const time = formatInstant(clock.now()).slice(11, 19);
      const text = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
      terminal.line(
        { style: 'dim', text: `${time}  ` },
        style === null ? event : { style, text: event },
        scrubbed(`  ${text.join(' ')}`),
      );
    };
  const debug = level === 'debug' ? write('dim') : () => {};
  return { debug, info: write(null), warn: write('yellow'), error: write('red') };
}
