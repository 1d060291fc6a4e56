import { context, type Span, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { Agent, Channel, Turn } from "@wxgate/core";

/** Spans go to whatever OpenTelemetry SDK the operator loads (`node --import …`); without one they cost next to nothing. */
function tracer(): Tracer {
  return trace.getTracer("wxgate");
}

/** The agent, with a span around each turn; what the agent calls becomes part of it. */
export function traceAgent(name: string, agent: Agent): Agent {
  return {
    ...(agent.capabilities && { capabilities: agent.capabilities }),
    ...(agent.summarize && { summarize: agent.summarize.bind(agent) }),
    respond: (turn, signal) => respondInSpan(name, agent, turn, signal),
    close: async () => agent.close?.(),
  };
}

async function* respondInSpan(name: string, agent: Agent, turn: Turn, signal: AbortSignal) {
  const { channel, account } = turn.conversation;
  const attributes = { "wxgate.agent": name, "wxgate.channel": channel, "wxgate.account": account };
  const span = tracer().startSpan("turn", {
    attributes: { ...attributes, "wxgate.turn": turn.id, "wxgate.attempt": turn.attempt },
  });
  const within = trace.setSpan(context.active(), span);
  const events = context.with(within, () => agent.respond(turn, signal)[Symbol.asyncIterator]());
  try {
    for (;;) {
      const next = await context.with(within, () => events.next());
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    await events.return?.();
    span.end();
  }
}

/** The channel, with a span around each webhook and each send. */
export function traceChannel(channel: Channel): Channel {
  const { webhook } = channel;
  const attributes = { "wxgate.channel": channel.id, "wxgate.type": channel.type };
  return wrap(channel, {
    send: (message, signal) =>
      tracer().startActiveSpan(
        "deliver",
        { attributes: { ...attributes, "wxgate.delivery": message.id, "wxgate.attempt": message.attempt } },
        (span) => endWith(span, channel.send(message, signal)),
      ),
    ...(webhook && {
      webhook: (request, next) =>
        tracer().startActiveSpan("webhook", { attributes }, (span) =>
          endWith(span, webhook.call(channel, request, next)),
        ),
    }),
  });
}

/** `channel` with some of its members replaced. */
export function wrap(channel: Channel, replaced: Partial<Channel>): Channel {
  return Object.assign(Object.create(channel) as Channel, replaced);
}

async function endWith<T>(span: Span, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

function fail(span: Span, error: unknown): void {
  const code = (error as { code?: unknown }).code;
  span.setStatus({ code: SpanStatusCode.ERROR, message: typeof code === "string" ? code : "error" });
}
