import type { Turn } from "@wxgate/core";
import type { AgentPorts } from "../ports.ts";
import type { Exchange } from "../transport/exchange.ts";

/** One turn that an agent of this configuration is asked. */
export interface AskedWith<Config> {
  readonly config: Config;
  readonly ports: AgentPorts;
  readonly exchange: Exchange;
  readonly turn: Turn;
  readonly signal: AbortSignal;
}
