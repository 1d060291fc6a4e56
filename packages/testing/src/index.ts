export {
  type AgentContractOptions,
  agentContract,
  type BackendRequest,
  type BackendScript,
  type RunningAgent,
} from "./agent-contract.ts";
export { type CollectedAnswer, collectAnswer, type SampleTurn, sampleTurn } from "./agent-turn.ts";
