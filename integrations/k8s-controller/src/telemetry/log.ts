// Log lines as JSON, with the keys that the reference's logs have.
import { pino, type Logger } from 'pino';

/** Words for how much is logged. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Makes a log that writes lines. */
export function createLog(level: LogLevel, write: (line: string) => void): Logger {
  return pino(
    {
      level,
      base: null,
      messageKey: 'msg',
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
}
