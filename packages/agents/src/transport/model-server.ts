import { addressBelow } from "../config.ts";
import type { AgentPorts } from "../ports.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { exchangeFor, type Reached } from "./for-agent.ts";

/** A server that a model stands behind, by what `modelServer` and `patience` configure. */
interface ModelServer extends Reached {
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
}

export function modelExchange(name: string, config: ModelServer, ports: AgentPorts): Exchange {
  return exchangeFor(name, config, ports, {
    address: config.baseUrl,
    secrets: [config.apiKey],
    keys: "apiKey",
    place: "baseUrl and model",
  });
}

/** What a request is made for: a turn, or a summary, which has an id as well. */
export interface ModelRequest<Config extends ModelServer> {
  readonly config: Config;
  readonly exchange: Exchange;
  readonly turn: { readonly id: string };
  readonly signal: AbortSignal;
}

/** Posts `body` to `path` below the server's address. The configured headers win over the key. */
export function askModel(
  { config: { baseUrl, apiKey, headers }, exchange, turn, signal }: ModelRequest<ModelServer>,
  path: string,
  body: object,
): Promise<Answer> {
  return exchange.send(
    {
      method: "POST",
      url: addressBelow(baseUrl, path),
      headers: {
        accept: "text/event-stream, application/json",
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...headers,
        "content-type": "application/json",
        "x-client-request-id": turn.id,
      },
      body: JSON.stringify(body),
    },
    signal,
  );
}
