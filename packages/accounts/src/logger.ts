import { debuglog } from 'node:util'
import { project } from './project.ts'

/** Field values that a log record may hold. There is no type for a token here. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * Where diagnostic records go. Records are structured: an event name and plain fields, never free text with data
 * in it, and never a secret.
 */
export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

/** Writes to stderr when `NODE_DEBUG` names the project, and nowhere otherwise. */
export function createDebugLogger(): Logger {
  const write = debuglog(project.folder)
  const line =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      if (write.enabled) write('%s', JSON.stringify({ level, event, ...fields }))
    }
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}

/** The app's logger, made harmless: one that throws must not break what is being logged. */
export function guardedLogger(logger: Logger): Logger {
  const guarded = (level: keyof Logger): Logger[keyof Logger] => {
    return (event, fields) => {
      try {
        logger[level](event, fields)
      } catch {
        // There is nowhere to say so.
      }
    }
  }
  return { debug: guarded('debug'), info: guarded('info'), warn: guarded('warn'), error: guarded('error') }
}
