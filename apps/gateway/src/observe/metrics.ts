import type { Observation } from "@wxgate/dispatcher";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  observe(observation: Observation): void;
  webhook(channel: string, status: number, seconds: number): void;
  /** Prometheus text; `refresh` is asked for the gauges first. */
  render(refresh: () => Promise<GaugeValues>): Promise<string>;
  readonly contentType: string;
}

interface GaugeValues {
  readonly waitingMessages: number;
  readonly runningTurns: number;
  readonly deliveries: Readonly<Record<string, number>>;
  readonly agents: readonly { readonly name: string; readonly standing?: { readonly state: string } }[];
  readonly accounts: readonly {
    readonly channel: string;
    readonly account: string;
    readonly state: string;
    readonly lagMs?: number;
  }[];
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** All metrics of one gateway, in a registry of its own. Labels are channel ids, agent names and states: few and ours. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "wxgate_" });
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `wxgate_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, labelNames: string[]) =>
    new Histogram({ name: `wxgate_${name}`, help, labelNames, buckets: SECONDS, registers });
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `wxgate_${name}`, help, labelNames, registers });

  const webhooks = counter("webhook_requests_total", "Webhook requests by answer.", ["channel", "status"]);
  const webhookSeconds = histogram("webhook_duration_seconds", "From a webhook request to its answer.", ["channel"]);
  const accepted = counter("messages_accepted_total", "Messages stored, without duplicates.", ["channel"]);
  const turns = counter("turns_total", "Turns ended, by outcome.", ["channel", "agent", "outcome"]);
  const turnRetries = counter("turn_retries_total", "Turns that will be tried again.", ["channel", "agent"]);
  const passedOver = counter("agent_passed_over_total", "Turns in which an agent failed and another was asked.", [
    "channel",
    "agent",
  ]);
  const turnSeconds = histogram("turn_duration_seconds", "From claiming a turn to its end.", ["channel", "agent"]);
  const turnWait = histogram("turn_wait_seconds", "From storing a message to its turn.", ["channel"]);
  const deliveries = counter("deliveries_total", "What became of attempts to deliver.", ["channel", "result"]);
  const deliveryWait = histogram("delivery_wait_seconds", "From storing a reply to its sending.", ["channel"]);
  const pauses = counter("account_pauses_total", "Accounts that stopped sending.", ["channel"]);
  const permissions = counter("permission_requests_total", "What agents asked the operator to be allowed.", ["agent"]);
  const pairings = counter("pairing_requests_total", "Strangers who were given a code.", ["channel"]);
  const waiting = gauge("messages_waiting", "Messages no turn has taken yet.", []);
  const running = gauge("turns_running", "Turns at work.", []);
  const states = gauge("deliveries", "Deliveries by state.", ["state"]);
  const accountUp = gauge("account_up", "1 while the account works.", ["channel", "account"]);
  const accountLag = gauge("account_lag_seconds", "Age of what the platform holds for us.", ["channel", "account"]);

  const agentUp = gauge("agent_up", "1 while the agent's breaker lets turns through.", ["agent"]);

  // Labels are read once per channel and answer, not for every request.
  const webhookCounts = new Map<string, { all: Counter.Internal; seconds: Histogram.Internal<string> }>();

  const recorders: Record<Observation["kind"], (o: Observation) => void> = {
    "messages-accepted": (o) => accepted.inc({ channel: o.channel }, o.count ?? 1),
    "turn-started": (o) => record(turnWait, { channel: o.channel }, o.sinceStoredMs),
    "turn-finished": (o) => {
      const labels = { channel: o.channel, agent: o.agent ?? "" };
      turns.inc({ ...labels, outcome: o.outcome ?? "" });
      record(turnSeconds, labels, o.durationMs);
    },
    "agent-passed-over": (o) => passedOver.inc({ channel: o.channel, agent: o.agent ?? "" }),
    "turn-retried": (o) => turnRetries.inc({ channel: o.channel, agent: o.agent ?? "" }),
    "delivery-sent": (o) => {
      deliveries.inc({ channel: o.channel, result: "sent" });
      record(deliveryWait, { channel: o.channel }, o.sinceStoredMs);
    },
    "delivery-retried": (o) => deliveries.inc({ channel: o.channel, result: "retried" }),
    "delivery-deferred": (o) => deliveries.inc({ channel: o.channel, result: "deferred" }),
    "delivery-dead": (o) => deliveries.inc({ channel: o.channel, result: "dead" }),
    "account-paused": (o) => pauses.inc({ channel: o.channel }),
    "pairing-requested": (o) => pairings.inc({ channel: o.channel }),
    "permission-requested": (o) => permissions.inc({ agent: o.agent ?? "" }),
  };

  return {
    observe: (observation) => recorders[observation.kind](observation),
    webhook(channel, status, seconds) {
      const key = `${status} ${channel}`;
      let count = webhookCounts.get(key);
      if (!count) {
        count = { all: webhooks.labels(channel, String(status)), seconds: webhookSeconds.labels(channel) };
        webhookCounts.set(key, count);
      }
      count.all.inc();
      count.seconds.observe(seconds);
    },
    async render(refresh) {
      const values = await refresh();
      waiting.set(values.waitingMessages);
      running.set(values.runningTurns);
      for (const [state, count] of Object.entries(values.deliveries)) states.set({ state }, count);
      agentUp.reset();
      for (const { name, standing } of values.agents) {
        if (standing) agentUp.set({ agent: name }, standing.state === "ok" ? 1 : 0);
      }
      accountUp.reset();
      accountLag.reset();
      for (const { channel, account, state, lagMs } of values.accounts) {
        accountUp.set({ channel, account }, state === "ok" || state === "degraded" ? 1 : 0);
        if (lagMs !== undefined) accountLag.set({ channel, account }, lagMs / 1000);
      }
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

function record(histogram: Histogram, labels: Record<string, string>, ms: number | undefined): void {
  if (ms !== undefined) histogram.observe(labels, ms / 1000);
}
