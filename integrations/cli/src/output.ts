// The two streams: results go to standard output, everything else to standard error.
import type { LogLevel } from 'wasmwarden';

import { createPalette, harmless, wantsColour, type Palette } from './terminal-text.js';

/** A stream as far as it matters here. */
export interface Sink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Where texts go. */
export interface Streams {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const loudness: Readonly<Record<LogLevel, number>> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };

/** Writes results, log lines and errors. */
export class Output {
  readonly #streams: Streams;
  #verbose = false;
  #coloured = true;
  /** The passing line that is shown now. */
  #status = '';

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /** Applies the options that hold for every command. */
  configure({ verbose, color }: { readonly verbose?: boolean | undefined; readonly color?: boolean | undefined }): void {
    this.#verbose = verbose ?? this.#verbose;
    this.#coloured = color ?? this.#coloured;
  }

  /** Whether debugging is wanted. */
  get verbose(): boolean {
    return this.#verbose;
  }

  /** Paints what goes to standard output. */
  get palette(): Palette {
    return createPalette(this.paints('stdout'));
  }

  /** Whether a stream is painted. */
  paints(stream: 'stdout' | 'stderr'): boolean {
    return this.#coloured && wantsColour({ isTerminal: this.#streams[stream].isTTY ?? false, env: this.#streams.env });
  }

  /** Whether standard output is a terminal, and how many columns it has. */
  get terminal(): { readonly isTerminal: boolean; readonly columns: number } {
    const { isTTY = false, columns = 0 } = this.#streams.stdout;
    // A terminal that does not know its size says 0.
    return { isTerminal: isTTY, columns: columns > 0 ? columns : 80 };
  }

  /** Columns of the terminal that standard error is; nothing where it is none that can be drawn on. */
  get statusColumns(): number | undefined {
    const { isTTY = false, columns = 80 } = this.#streams.stderr;
    return isTTY && this.#streams.env['TERM'] !== 'dumb' ? columns : undefined;
  }

  /** A passing line on standard error that the next text takes the place of; an empty one clears it. */
  status(text: string): void {
    if (text === this.#status) return;
    this.#clearStatus();
    this.#status = text;
    if (text !== '') this.#streams.stderr.write(harmless(text));
  }

  /** A result, as it is. */
  result(text: string): void {
    this.#clearStatus();
    this.#streams.stdout.write(text);
  }

  /** Text for humans beside the result, as it is. */
  note(text: string): void {
    this.#clearStatus();
    this.#streams.stderr.write(text);
  }

  /** A log line; debugging is left out unless asked for. */
  log(level: LogLevel, text: string): void {
    if (!this.#verbose && loudness[level] < loudness.info) return;
    const { red, yellow, green, dim } = createPalette(this.paints('stderr'));
    const paint = { error: red, warn: yellow, info: green, debug: dim, trace: dim }[level];
    this.note(`${paint(level.toUpperCase().padStart(5))} ${harmless(text)}\n`);
  }

  /** Why the command failed. */
  error(message: string): void {
    this.note(`${createPalette(this.paints('stderr')).red('Error:')} ${harmless(message)}\n`);
  }

  #clearStatus(): void {
    // To the beginning of the line, and nothing from there to its end.
    if (this.#status !== '') this.#streams.stderr.write('\r\u001b[K');
    this.#status = '';
  }
}
