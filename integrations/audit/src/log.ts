// Log lines as JSON, with the keys and levels that the reference's logs have.
import { pino, type Logger } from 'pino';

import type { LogLevel } from './config.js';

/** Makes a log that writes lines. */
export function createLog(level: LogLevel, write: (line: string) => void): Logger {
  return pino(
    {
      level: level === 'warning' ? 'warn' : level,
      base: { component: 'audit-scanner' },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label === 'warn' ? 'warning' : label }) },
    },
    { write },
  );
}
