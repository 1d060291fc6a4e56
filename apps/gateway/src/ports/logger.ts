import type { Logger } from "@wxgate/core";
import { type DestinationStream, pino } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface RootLogger extends Logger {
  setLevel(level: LogLevel): void;
}

const SECRET_KEYS = [
  "secret",
  "corpSecret",
  "corpsecret",
  "token",
  "access_token",
  "accessToken",
  "encodingAESKey",
  "apiKey",
  "password",
  "authorization",
  "cookie",
];

/** The net below: code logs ids and counts, and should a credential come along after all, it is not written. */
const REDACT = SECRET_KEYS.flatMap((key) => ["", "*.", "*.*."].map((depth) => `${depth}${key}`));

const SECRET_IN_URL = /([?&](?:access_token|corpsecret|secret|token|key|sig|msg_signature)=)[^&\s"']+/gi;

/** Values in a URL's query that open doors, blotted out. */
export function redactText(text: string): string {
  return text.includes("=") ? text.replace(SECRET_IN_URL, "$1[redacted]") : text;
}

export function createLogger(level: LogLevel, destination: DestinationStream): RootLogger {
  const root = pino(
    {
      level,
      base: null,
      redact: { paths: REDACT, censor: "[redacted]" },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
    },
    destination,
  );
  return Object.assign(adapt(root), {
    setLevel(next: LogLevel) {
      root.level = next;
    },
  });
}

function adapt(logger: pino.Logger): Logger {
  return {
    child: (fields) => adapt(logger.child(fields)),
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}

/** An error as it is logged: who should act and why, through all its causes; nothing else that hangs on it. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === "string" ? redactText(error) : error;
  const { name, message, stack, cause } = error;
  const { code, platformCode, hint } = error as { code?: unknown; platformCode?: unknown; hint?: unknown };
  return {
    name,
    message: redactText(message),
    ...(code === undefined ? {} : { code }),
    ...(platformCode === undefined ? {} : { platformCode }),
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause: describeError(cause) }),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
  };
}
