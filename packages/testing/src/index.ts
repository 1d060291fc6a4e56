export {
  type AgentContractOptions,
  type AgentWorld,
  agentContract,
  type BackendRequest,
  type BackendScript,
  type RunningAgent,
} from "./agent-contract/index.ts";
export { type CollectedAnswer, collectAnswer, type SampleTurn, sampleTurn } from "./agent-turn.ts";
export {
  type ChannelContractOptions,
  channelContract,
  type OutboundFacts,
  type TargetFacts,
  type WebhookFacts,
} from "./channel-contract.ts";
export { findPostgres, POSTGRES_HINT, type PostgresCluster, startPostgres } from "./start-postgres.ts";
export { type StoreContractOptions, type StoreUnderTest, storeContract } from "./store-contract/index.ts";
export { createTestClock, settled, type TestClock } from "./test-clock.ts";
export type { TestInbox } from "./test-inbox.ts";
export { createTestPorts, type LogEntry, type TestPorts, type TestPortsOptions } from "./test-ports.ts";
