import { AuthenticationError, RejectedError } from "@wxgate/core";
import { addressBelow } from "../config.ts";
import { type Fields, fieldsOf, listIn, textIn } from "../json.ts";
import type { Exchange } from "../transport/exchange.ts";
import { isNotFound } from "../transport/failures.ts";
import type { A2aVersion } from "./wire.ts";

/** Where and how an agent is spoken to. */
export interface Endpoint {
  readonly url: URL;
  readonly version: A2aVersion;
  readonly streaming: boolean;
}

/**
 * Reads the agent's card. An agent without one is spoken to at the configured address, in 1.0.
 *
 * @throws AuthenticationError when the card names no JSON-RPC interface, or one on another server: the token is not for it.
 */
export async function findEndpoint(
  exchange: Exchange,
  base: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Endpoint> {
  let card: Fields;
  try {
    const url = addressBelow(base, ".well-known/agent-card.json");
    card = fieldsOf(await (await exchange.send({ method: "GET", url, headers }, signal)).json()) ?? {};
  } catch (error) {
    if (!(error instanceof RejectedError || isNotFound(error))) throw error;
    return { url: new URL(base), version: "1.0", streaming: true };
  }
  return endpointIn(card, base);
}

function endpointIn(card: Fields, base: string): Endpoint {
  const spoken = interfacesIn(card).filter(({ binding }) => binding === "JSONRPC");
  const best = spoken.find(({ version }) => !version.startsWith("0.")) ?? spoken[0];
  if (best === undefined || !URL.canParse(best.url, base)) {
    throw unusable("names no JSON-RPC interface");
  }
  const url = new URL(best.url, base);
  if (url.origin !== new URL(base).origin) throw unusable(`names another server, ${url.origin}`);
  return {
    url,
    version: best.version.startsWith("0.") ? "0.3" : "1.0",
    streaming: fieldsOf(card.capabilities)?.streaming === true,
  };
}

function unusable(problem: string): AuthenticationError {
  return new AuthenticationError(`the agent card ${problem}`, {
    code: "agent.card",
    hint: "Configure the address of the server that answers, and see its agent card.",
  });
}

interface Interface {
  readonly url: string;
  readonly binding: string;
  readonly version: string;
}

/** Before 1.0 a card had one address and perhaps additional ones. */
function interfacesIn(card: Fields): readonly Interface[] {
  const oldVersion = textIn(card.protocolVersion) ?? "0.3";
  const listed = listIn(card.supportedInterfaces) ?? listIn(card.additionalInterfaces) ?? [];
  const isNew = listIn(card.supportedInterfaces) !== undefined;
  const interfaces = listed.map((each) => {
    const fields = fieldsOf(each) ?? {};
    return {
      url: textIn(fields.url) ?? "",
      binding: textIn(fields.protocolBinding) ?? textIn(fields.transport) ?? "",
      version: textIn(fields.protocolVersion) ?? (isNew ? "1.0" : oldVersion),
    };
  });
  const url = textIn(card.url);
  if (url === undefined) return interfaces;
  return [...interfaces, { url, binding: textIn(card.preferredTransport) ?? "JSONRPC", version: oldVersion }];
}
