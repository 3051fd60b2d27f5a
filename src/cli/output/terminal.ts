// The output of commands: the only file that writes to stdout and stderr.
//
// Results go to stdout, problems to stderr. Every text passes plain(), so that nothing in a row, an error or a definition
// can move the cursor or forge our output. Colour is added after that, and only on a terminal.

import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { MultiBar, Presets, SingleBar } from 'cli-progress';
import type { Environment } from '../../definition/connections/environment.ts';
import { isStyled, plainText, type Text } from '../../presentation/text.ts';
import { DONE, ERROR } from '../exit.ts';
import { stopForClosedOutput } from '../signals.ts';
import { plain, plainJson } from './plain.ts';
import { tableText } from './table.ts';

export type Progress = Disposable & {
  /** Advances the bar by one; without a terminal, prints a line. */
  advance(...event: readonly Text[]): void;
};

export type Footer = Disposable & {
  /** Sets the text of the footer, made for a number of columns; ignored without a terminal. */
  show(textFor: (columns: number) => string): void;
  /** A line above it. */
  line(...parts: readonly Text[]): void;
};

export type Terminal = {
  /** Whether both input and output are a terminal. */
  readonly isInteractive: boolean;
  /** Whether the input is a terminal. */
  readonly isTyped: boolean;
  /** Whether output was lost because it could not be written, such as to a full disk. A reader that ends loses none. */
  readonly isBroken: boolean;
  line(...parts: readonly Text[]): void;
  /** A line on stderr. */
  warn(...parts: readonly Text[]): void;
  json(value: unknown): void;
  /** A help page, as formatted by commander. */
  help(text: string): void;
  table(head: readonly string[], rows: readonly (readonly Text[])[]): void;
  progress(total: number, what: string): Progress;
  /** Whether a footer is visible: the output is a terminal. */
  readonly hasFooter: boolean;
  /** One line that changes at the bottom of the terminal, until it is disposed of. */
  footer(): Footer;
  /**
   * Asks until one of the answers, or an unambiguous prefix, is given; rejects if the signal is aborted or the input ends.
   * Other output goes above the question.
   */
  choose<Answer extends string>(question: string, answers: readonly Answer[], signal: AbortSignal): Promise<Answer>;
  /** Reads a line without echo; without a terminal, the first line of the input. Rejects if the input ends. */
  secret(question: string, signal: AbortSignal): Promise<string>;
  /** For logs: `out` for processes, `err` for commands that also print a result. */
  readonly streams: { readonly out: NodeJS.WritableStream; readonly err: NodeJS.WritableStream };
};

/** The standard streams; `process` has this shape. */
export type Streams = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
};

export function openTerminal(env: Environment, { stdin, stdout, stderr }: Streams = process): Terminal {
  // `millrace runs | head` closes our output: not an error. A command that performs runs hands them back first.
  let isClosed = false;
  let isBroken = false;
  const close = (error: NodeJS.ErrnoException) => {
    if (isClosed) return;
    isClosed = true;
    isBroken = error.code !== 'EPIPE'; // such as a full disk
    if (isBroken) stderr.write(`The output cannot be written: ${plain(error.message)}.\n`);
    if (!stopForClosedOutput()) process.exit(isBroken ? ERROR : DONE);
  };
  stdout.on('error', close);
  // Without a reader of stderr, the result on stdout still matters.
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') close(error);
  });
  const hasColour = (stream: Streams['stdout']) => stream.isTTY === true && !env['NO_COLOR'];
  const rendered = (stream: Streams['stdout']) => (parts: readonly Text[]) =>
    parts.map(hasColour(stream) ? coloured : uncoloured).join('');
  const out = rendered(stdout);
  let question: Interface | null = null;
  const aboveQuestion = (stream: Streams['stdout'], text: string) => {
    if (question === null) return void stream.write(text);
    stdout.write(CLEAR_LINE);
    stream.write(text);
    question.prompt(true);
  };
  const line = (...parts: readonly Text[]) => aboveQuestion(stdout, `${out(parts).trimEnd()}\n`);
  const isInteractive = stdout.isTTY === true && stdin.isTTY === true;
  return {
    isInteractive,
    isTyped: stdin.isTTY === true,
    get isBroken() {
      return isBroken;
    },
    line,
    warn: (...parts) => aboveQuestion(stderr, `${rendered(stderr)(parts)}\n`),
    json: (value) => void stdout.write(`${plainJson(value)}\n`),
    help: (text) => void stdout.write(text),
    table: (head, rows) => {
      const columns = stdout.isTTY === true ? (stdout.columns ?? null) : null;
      stdout.write(`${tableText({ head, rows, columns, render: (cell) => out([cell]) })}\n`);
    },
    progress: (total, what) =>
      stdout.isTTY ? bar(stdout, total, what) : { advance: line, [Symbol.dispose]: () => {} },
    hasFooter: stdout.isTTY === true,
    footer: () => (stdout.isTTY ? openFooter(stdout, out) : { show: () => {}, line, [Symbol.dispose]: () => {} }),
    choose: async (text, answers, signal) => {
      using reader = openQuestion({ stdin, stdout });
      question = reader.interface;
      const ended = Promise.withResolvers<never>();
      reader.interface.once('close', () => {
        question = null;
        ended.reject(new Error('the input has ended'));
      });
      try {
        const given = choose(reader.interface, { question: text, answers, print: line, signal });
        return await Promise.race([given, ended.promise]);
      } finally {
        ended.promise.catch(() => undefined);
        question = null;
      }
    },
    secret: (text, signal) => readSecret(text, { stdin, stderr }, signal),
    streams: { out: stdout, err: stderr },
  };
}

/** The question goes to stderr, so that stdout contains only the result of the command. */
async function readSecret(
  question: string,
  { stdin, stderr }: Pick<Streams, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): Promise<string> {
  const isTyped = stdin.isTTY === true;
  if (isTyped) stderr.write(plain(question));
  // Typed characters are not echoed.
  const output = new Writable({ write: (_chunk, _encoding, written) => written() });
  const reader = createInterface({ input: stdin, output, terminal: isTyped });
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const line = Promise.withResolvers<string>();
  // A last line without a line break arrives before the close.
  reader.once('line', line.resolve);
  reader.once('close', () => line.reject(new Error('the input has ended')));
  const stop = () => reader.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await line.promise;
  } finally {
    signal.removeEventListener('abort', stop);
    reader.close();
    if (isTyped) stderr.write('\n');
  }
}

function uncoloured(part: Text): string {
  return plain(plainText(part));
}

function coloured(part: Text): string {
  const shown = uncoloured(part);
  return isStyled(part) ? styleText(part.style, shown, { validateStream: false }) : shown;
}

function bar(stream: Streams['stdout'], total: number, what: string): Progress {
  const format = `{bar} {value}/{total} ${plain(what)}  {event}`;
  const shown = new SingleBar(
    { format, stream, barsize: 24, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  shown.start(total, 0, { event: '' });
  return {
    advance: (...event) => shown.increment(1, { event: event.map(uncoloured).join('') }),
    [Symbol.dispose]: () => shown.stop(),
  };
}

function openFooter(stream: Streams['stdout'], rendered: (parts: readonly Text[]) => string): Footer {
  let shown: (columns: number) => string = () => '';
  const bars = new MultiBar({
    stream,
    hideCursor: true,
    clearOnComplete: true,
    // The footer is cut to the terminal; lines above it may wrap.
    linewrap: true,
    gracefulExit: false,
    // Printing a line above erases the footer.
    forceRedraw: true,
    fps: 5,
    format: (_options, { maxWidth }) => plain(shown(maxWidth - 1)).slice(0, maxWidth - 1),
  });
  bars.create(1, 0);
  return {
    show: (textFor) => {
      shown = textFor;
    },
    line: (...parts) => bars.log(`${rendered(parts).trimEnd()}\n`),
    [Symbol.dispose]: () => {
      // Print pending lines before removing the footer.
      bars.update();
      bars.stop();
    },
  };
}

/** Moves to the start of the line and clears it. */
const CLEAR_LINE = '\r\u001b[K';

function openQuestion({ stdin: input, stdout: output }: Pick<Streams, 'stdin' | 'stdout'>): Disposable & {
  readonly interface: Interface;
} {
  const reader = createInterface({ input, output });
  // While readline is open, it receives Ctrl-C instead of the process.
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  return { interface: reader, [Symbol.dispose]: () => reader.close() };
}

type Question<Answer> = {
  readonly question: string;
  readonly answers: readonly Answer[];
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
};

async function choose<Answer extends string>(
  reader: Interface,
  { question, answers, print, signal }: Question<Answer>,
): Promise<Answer> {
  const prompt = `${plain(question)} [${answers.join(' / ')}] `;
  for (;;) {
    const text = plain((await reader.question(prompt, { signal })).trim());
    const matches = text === '' ? [] : answers.filter((one) => one.startsWith(text.toLowerCase()));
    const [answer] = matches;
    if (answer !== undefined && matches.length === 1) return answer;
    print(
      `"${text.slice(0, ANSWER_CHARACTERS_MAX)}" is not a valid answer. Type one of the answers, or its first letters.`,
    );
  }
}

const ANSWER_CHARACTERS_MAX = 40;
