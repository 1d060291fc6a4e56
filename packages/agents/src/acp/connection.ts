import { AuthenticationError, type ChannelError, ProtocolError, TransientError } from "@wxgate/core";
import { countIn, type Fields, fieldsOf, textIn } from "../json.ts";
import type { AgentPorts } from "../ports.ts";
import { abortable } from "../transport/abortable.ts";
import type { Failures } from "../transport/failures.ts";
import type { Redact } from "../transport/redact.ts";
import { startChild } from "./child.ts";
import { answerFiles, type FileAccess } from "./files.ts";
import { readLines, readLogLines } from "./lines.ts";
import { CANCELLED, type PermissionResult } from "./permission.ts";
import { createRpc, RPC, type Rpc, RpcError } from "./rpc.ts";

const PROTOCOL_VERSION = 1;
/** A picture as base64 fits many times. */
const LONGEST_LINE_BYTES = 32 * 1024 * 1024;
/** Agents whose logging goes astray are forgiven some of it. */
const MOST_GARBAGE_LINES = 100;
const LOG_LINES = { most: 30, perMs: 60_000 };

export interface ConnectionOptions {
  readonly label: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly files: FileAccess;
  readonly authMethod?: string | undefined;
  /** For the start and each session's. */
  readonly timeoutMs: number;
  readonly ports: Pick<AgentPorts, "clock" | "log" | "env">;
  readonly failures: Failures;
  readonly redact: Redact;
}

export interface Capabilities {
  readonly load: boolean;
  readonly resume: boolean;
  readonly prompt: { readonly images: boolean; readonly audio: boolean; readonly files: boolean };
}

/** What listens to one session while it is prompted. */
export interface SessionListener {
  update(update: Fields): void;
  permission(params: Fields): Promise<PermissionResult>;
}

/** A running agent that has said what it can do. */
export interface Connection {
  readonly folder: string;
  readonly can: Capabilities;
  /** Ids of sessions this process knows. */
  readonly sessions: Set<string>;
  readonly listeners: Map<string, SessionListener>;
  /** Prompts that were left behind before the agent ended them, by session. */
  readonly leftBehind: Map<string, Promise<unknown>>;
  /** A call that must be answered in time; a process that does not is of no more use. */
  call(method: string, params: object): Promise<unknown>;
  /** A call that takes as long as it takes. */
  readonly rpc: Rpc;
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

/** @throws ChannelError when the program does not start, or speaks something else. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { label, ports, failures, folder, timeoutMs } = options;
  const { clock } = ports;
  const listeners: Connection["listeners"] = new Map();
  let garbage = 0;

  const rpc = createRpc({
    write: (line) => child.write(line),
    onRequest: (method, params) => answerRequest(method, params, listeners, options),
    onNotification(method, params) {
      const fields = fieldsOf(params);
      if (method !== "session/update" || fields === undefined) return;
      listeners.get(textIn(fields.sessionId) ?? "")?.update(fieldsOf(fields.update) ?? {});
    },
  });

  function breakOff(reason: ChannelError): void {
    rpc.end(reason);
    void child.stop();
  }
  function onLine(line: string): void {
    if (rpc.receive(line)) {
      garbage = 0;
      return;
    }
    garbage += 1;
    if (garbage === 1) ports.log.debug({ bytes: line.length }, "the agent wrote something that is no message");
    if (garbage > MOST_GARBAGE_LINES) breakOff(failures.garbage(`${garbage} lines in a row that are no messages`));
  }

  const child = startChild({
    command: options.command,
    args: options.args,
    cwd: folder,
    env: { ...ports.env, ...options.env },
    clock,
    onOutput: readLines(LONGEST_LINE_BYTES, onLine, () =>
      breakOff(failures.garbage(`a line of more than ${LONGEST_LINE_BYTES} bytes`)),
    ),
    onErrors: readLogLines({ ...LOG_LINES, now: clock.now }, (line) =>
      ports.log.info({ said: options.redact(line) }, "the agent's log"),
    ),
  });
  let started = false;
  const ended = child.ended.then((how) => {
    ports.log.info({ how: options.redact(how) }, "the agent's process is over");
    rpc.end(started ? failures.brokenOff(new Error(how)) : notStarted(label, options.redact(how)));
  });

  async function call(method: string, params: object): Promise<unknown> {
    const tooLate = new AbortController();
    const answered = new AbortController();
    const timer = clock.sleep(timeoutMs, answered.signal).then(
      () => tooLate.abort(failures.timedOut(timeoutMs, `did not answer ${method}`)),
      () => {
        // It was answered.
      },
    );
    try {
      return await abortable(rpc.request(method, params), tooLate.signal);
    } catch (error) {
      if (tooLate.signal.aborted) breakOff(tooLate.signal.reason);
      throw refusalOf(error, options);
    } finally {
      answered.abort();
      await timer;
    }
  }

  const connection = {
    folder,
    sessions: new Set<string>(),
    listeners,
    leftBehind: new Map(),
    call,
    rpc,
    ended,
    stop: () => child.stop(),
  };
  try {
    const can = await introduce(connection, options);
    started = true;
    return { ...connection, can };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

async function introduce({ call }: Pick<Connection, "call">, options: ConnectionOptions): Promise<Capabilities> {
  const { label, files, authMethod } = options;
  const answer = fieldsOf(
    await call("initialize", {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: {
        fs: { readTextFile: files !== "none", writeTextFile: files === "write" },
        terminal: false,
      },
      clientInfo: { name: "wxgate", title: "wxgate", version: "1" },
    }),
  );
  const version = countIn(answer?.protocolVersion);
  if (version !== PROTOCOL_VERSION) {
    const hint = `wxgate speaks version ${PROTOCOL_VERSION}; use a version of the agent that does, too.`;
    throw new AuthenticationError(`${label} speaks version ${version ?? "?"} of the protocol`, {
      code: "agent.version",
      hint,
    });
  }
  if (authMethod !== undefined) await call("authenticate", { methodId: authMethod });
  const can = fieldsOf(answer?.agentCapabilities) ?? {};
  const prompt = fieldsOf(can.promptCapabilities) ?? {};
  const session = fieldsOf(can.sessionCapabilities) ?? {};
  return {
    load: can.loadSession === true,
    resume: fieldsOf(session.resume) !== undefined,
    prompt: { images: prompt.image === true, audio: prompt.audio === true, files: prompt.embeddedContext === true },
  };
}

async function answerRequest(
  method: string,
  params: unknown,
  listeners: Connection["listeners"],
  { files, folder, ports }: ConnectionOptions,
): Promise<object> {
  if (method === "session/request_permission") {
    const fields = fieldsOf(params) ?? {};
    const listener = listeners.get(textIn(fields.sessionId) ?? "");
    return listener === undefined ? CANCELLED : listener.permission(fields);
  }
  const answer = await answerFiles(method, params, { access: files, folder });
  if (answer !== undefined) return answer;
  ports.log.debug({ method }, "the agent asked for something it may not do");
  throw new RpcError(RPC.unknownMethod, `${method.slice(0, 100)} is not offered here`);
}

/** An error answer in words that say who acts; anything else as it is. */
export function refusalOf(
  error: unknown,
  { label, failures, redact }: Pick<ConnectionOptions, "label" | "failures" | "redact">,
): unknown {
  if (!(error instanceof RpcError)) return error;
  const said = redact(error.message);
  if (error.code === RPC.unauthenticated) {
    return new AuthenticationError(`${label} wants its user to sign in: ${said}`, {
      code: "agent.unauthenticated",
      platformCode: error.code,
      hint: `Sign in once with the program of ${label} itself, give it a key in \`env\`, or name a way in \`authMethod\`.`,
    });
  }
  if (error.code === RPC.unknownMethod || error.code === RPC.invalidParams) {
    return new ProtocolError(`${label} does not understand us: ${said}`, {
      code: "agent.protocol",
      platformCode: error.code,
    });
  }
  return failures.reported(said);
}

function notStarted(label: string, how: string): TransientError {
  return new TransientError(`${label} did not start: ${how}`, {
    code: "agent.not-started",
    hint: `Check \`command\`, \`args\` and \`env\` of ${label}; what it wrote to its standard error is in the log.`,
  });
}
