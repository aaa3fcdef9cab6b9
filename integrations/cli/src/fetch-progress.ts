// What fetching tells, for humans: a bar on a terminal, log lines everywhere.
import type { LogLevel } from 'wasmwarden';
import type { SourceEvent, SourceEventSink } from 'wasmwarden/source';

import { formatBytes } from './byte-size.js';
import type { LogLine } from './event-lines.js';
import type { Output } from './output.js';

/** Shows events as they come. */
export function showFetchProgress(output: Output): SourceEventSink {
  return (event) => {
    if (event.kind === 'fetch-progressed') {
      if (output.statusColumns !== undefined) output.status(progressBar(event, output.statusColumns));
      return;
    }
    if (event.kind === 'fetch-finished' || event.kind === 'fetch-failed') output.status('');
    const { level, text } = lineOfSourceEvent(event);
    output.log(level, text);
  };
}

type Progress = Extract<SourceEvent, { readonly kind: 'fetch-progressed' }>;

const barLength = 20;

/** One line of at most so many columns: `Pulling p.wasm [########            ] 40% 1.2 MB of 3.0 MB`. */
export function progressBar({ location, receivedBytes, totalBytes }: Progress, columns: number): string {
  const numbers = totalBytes === undefined || totalBytes === 0 ? ` ${formatBytes(receivedBytes)}` : shareOf(receivedBytes, totalBytes);
  const room = columns - 1 - 'Pulling '.length - numbers.length;
  if (room < 5) return numbers.trim().slice(0, Math.max(0, columns - 1));
  // The end of a location says more than its beginning.
  const shown = location.length <= room ? location : `...${location.slice(location.length - room + 3)}`;
  return `Pulling ${shown}${numbers}`;
}

function shareOf(receivedBytes: number, totalBytes: number): string {
  const share = Math.min(1, receivedBytes / totalBytes);
  const filled = Math.floor(share * barLength);
  return ` [${'#'.repeat(filled)}${' '.repeat(barLength - filled)}] ${String(Math.floor(share * 100)).padStart(3)}% of ${formatBytes(totalBytes)}`;
}

/** The line for an event. */
export function lineOfSourceEvent(event: Exclude<SourceEvent, Progress>): LogLine {
  const line = (level: LogLevel, text: string): LogLine => ({ level, text });
  switch (event.kind) {
    case 'fetch-started':
      return line('debug', `looking for ${event.location}`);
    case 'fetch-finished':
      return line('debug', `${event.location} is at ${event.path}, from the ${event.origin}`);
    case 'fetch-failed':
      return line('debug', `${event.location} was not fetched: ${event.code}`);
    case 'stored-module-corrupted':
      return line('warn', `the stored policy ${event.path} is damaged (${event.because}) and is fetched again`);
    case 'insecure-connection-used':
      return line('warn', `${event.host} was reached ${event.how === 'plain-http' ? 'over plain HTTP' : 'without verifying its certificate'}, as the sources file allows`);
    case 'credentials-unusable':
      return line('warn', `the credentials for ${event.registry} cannot be used: ${event.because}`);
    case 'attempt-failed':
      return line('warn', `cannot ${event.what} at the moment: ${event.because}; trying again in ${(event.delayMs / 1000).toFixed(1)} s`);
  }
}
