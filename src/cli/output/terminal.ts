// What people and scripts read of a command: the only file that writes to them.
//
// Results go to stdout, what went wrong to stderr. Every text passes plain(), so that nothing in a row, an error or a
// definition can move the cursor or pretend to be ours; colour is added after it, and only on a terminal.

import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { MultiBar, Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import type { Environment } from '../../definition/connections/environment.ts';
import { isStyled, plainText, type Text } from '../../presentation/text.ts';
import { plain, plainJson } from './plain.ts';

export type Progress = Disposable & {
  /** One of the expected things happened: a step of the bar, or a line where there is no terminal. */
  advance(...event: readonly Text[]): void;
};

export type Footer = Disposable & {
  /** What stands at the bottom from now on, made for a number of columns; nothing where there is no terminal. */
  show(textFor: (columns: number) => string): void;
  /** A line above it. */
  line(...parts: readonly Text[]): void;
};

export type Terminal = {
  /** Whether a person is at the other end. */
  readonly isInteractive: boolean;
  /** Whether a person types, wherever the output goes. */
  readonly isTyped: boolean;
  line(...parts: readonly Text[]): void;
  /** A line about what went wrong. */
  warn(...parts: readonly Text[]): void;
  json(value: unknown): void;
  /** A help page, as commander lays it out. */
  help(text: string): void;
  table(head: readonly string[], rows: readonly (readonly Text[])[]): void;
  progress(total: number, what: string): Progress;
  /** Whether a footer can be seen: standard output is a terminal, whoever types. */
  readonly hasFooter: boolean;
  /** One line that changes at the bottom of the terminal, until it is disposed of. */
  footer(): Footer;
  /**
   * Asks until one of the answers, or the beginning of one alone, is given; rejects when the signal is aborted or the
   * input ends. What is printed meanwhile goes above the question.
   */
  choose<Answer extends string>(question: string, answers: readonly Answer[], signal: AbortSignal): Promise<Answer>;
  /** Reads a line that nobody sees; without a terminal the first line of the input. Rejects when the input ends. */
  secret(question: string, signal: AbortSignal): Promise<string>;
  /** Where the log lines of a process go, and those of a command that also prints something. */
  readonly streams: { readonly out: NodeJS.WritableStream; readonly err: NodeJS.WritableStream };
};

/** What a process reads and writes; `process` itself is one. */
export type Streams = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
};

export function openTerminal(env: Environment, { stdin, stdout, stderr }: Streams = process): Terminal {
  // `millrace runs | head` closes our output: that is the reader's right, and no error.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const hasColour = (stream: Streams['stdout']) => stream.isTTY === true && !env['NO_COLOR'];
  const rendered = (stream: Streams['stdout']) => (parts: readonly Text[]) =>
    parts.map((part) => render(part, hasColour(stream))).join('');
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
    line,
    warn: (...parts) => aboveQuestion(stderr, `${rendered(stderr)(parts)}\n`),
    json: (value) => void stdout.write(`${plainJson(value)}\n`),
    help: (text) => void stdout.write(text),
    table: (head, rows) => void stdout.write(`${tableText(head, rows, (cell) => out([cell]))}\n`),
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
        const given = choose(reader.interface, { question: text, answers, tell: line, signal });
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

/** The question goes to stderr, so that the output holds nothing but the answer of the command. */
async function readSecret(
  question: string,
  { stdin, stderr }: Pick<Streams, 'stdin' | 'stderr'>,
  signal: AbortSignal,
): Promise<string> {
  const isTyped = stdin.isTTY === true;
  if (isTyped) stderr.write(plain(question));
  // What is typed is written nowhere.
  const output = new Writable({ write: (_chunk, _encoding, written) => written() });
  const reader = createInterface({ input: stdin, output, terminal: isTyped });
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const line = Promise.withResolvers<string>();
  // A last line without its end comes before the close.
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

function render(part: Text, hasColour: boolean): string {
  const shown = plain(plainText(part));
  return isStyled(part) && hasColour ? styleText(part.style, shown, { validateStream: false }) : shown;
}

// Columns apart by two spaces, and nothing else: rows stay greppable.
const NO_BORDERS = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((edge) => [edge, `${edge}-mid`, `${edge}-left`, `${edge}-right`, `left-${edge}`, `right-${edge}`])
    .map((name) => [name, '']),
);

function tableText(
  head: readonly string[],
  rows: readonly (readonly Text[])[],
  cellText: (cell: Text) => string,
): string {
  const table = new Table({
    chars: { ...NO_BORDERS, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(head.map((text) => cellText({ style: 'dim', text })));
  for (const row of rows) table.push(row.map(cellText));
  return table
    .toString()
    .split('\n')
    .map((text) => text.trimEnd())
    .join('\n');
}

function bar(stream: Streams['stdout'], total: number, what: string): Progress {
  const format = `{bar} {value}/{total} ${plain(what)}  {event}`;
  const shown = new SingleBar(
    { format, stream, barsize: 24, hideCursor: true, clearOnComplete: true },
    Presets.shades_classic,
  );
  shown.start(total, 0, { event: '' });
  return {
    advance: (...event) => shown.increment(1, { event: event.map((part) => render(part, false)).join('') }),
    [Symbol.dispose]: () => shown.stop(),
  };
}

function openFooter(stream: Streams['stdout'], rendered: (parts: readonly Text[]) => string): Footer {
  let shown: (columns: number) => string = () => '';
  const bars = new MultiBar({
    stream,
    hideCursor: true,
    clearOnComplete: true,
    // Ours is cut to the terminal, so that what is printed above may wrap.
    linewrap: true,
    gracefulExit: false,
    // A line above leaves nothing of it.
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
      // What was printed last is shown before the footer goes.
      bars.update();
      bars.stop();
    },
  };
}

/** To the start of the line, and nothing on it. */
const CLEAR_LINE = '\r\u001b[K';

function openQuestion({ stdin: input, stdout: output }: Pick<Streams, 'stdin' | 'stdout'>): Disposable & {
  readonly interface: Interface;
} {
  const reader = createInterface({ input, output });
  // While it asks, the terminal hands Ctrl-C to it and not to the process.
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  return { interface: reader, [Symbol.dispose]: () => reader.close() };
}

type Question<Answer> = {
  readonly question: string;
  readonly answers: readonly Answer[];
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
};

async function choose<Answer extends string>(
  reader: Interface,
  { question, answers, tell, signal }: Question<Answer>,
): Promise<Answer> {
  const prompt = `${plain(question)} [${answers.join(' / ')}] `;
  for (;;) {
    const text = plain((await reader.question(prompt, { signal })).trim());
    const meant = text === '' ? [] : answers.filter((one) => one.startsWith(text.toLowerCase()));
    const [answer] = meant;
    if (answer !== undefined && meant.length === 1) return answer;
    tell(`"${text.slice(0, ANSWER_CHARACTERS_MAX)}" is none of the answers: type one, or the beginning of one.`);
  }
}

const ANSWER_CHARACTERS_MAX = 40;
