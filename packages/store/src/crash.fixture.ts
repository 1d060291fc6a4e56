import { openStore } from "./index.ts";
import { testOptions } from "./options.fixture.ts";

/* A gateway that is killed: stores a message, claims its turn, answers another and claims the delivery, says so, waits. */
const store = await openStore(process.argv[2] ?? "", testOptions());
const routed = (peer: string) => ({
  message: {
    id: `from-${peer}`,
    from: { channel: "c", account: "a", kind: "direct" as const, peer },
    sender: { id: peer },
    sentAt: new Date(),
    content: [{ kind: "text" as const, text: "hi" }],
  },
  routing: { lane: `lane-${peer}`, as: "turn" as const },
});
const options = { worker: "doomed", limit: 1, channels: ["c"] };
await store.acquireLease("account", "doomed", 3_600_000);
await store.accept({ messages: [routed("ann")], events: [], cursor: { key: "k", value: "after-ann" } });
const [answered] = await store.claimTurns(options);
if (answered === undefined) throw new Error("no turn");
const piece = { content: [{ kind: "text" as const, text: "hello" }] };
await store.completeTurn(answered.claim, {
  outcome: "answered",
  reply: { id: "rpl_1", content: piece.content, deliveries: [{ id: "out1", piece }] },
});
await store.claimDeliveries({ ...options, policies: new Map() });
await store.accept({ messages: [routed("ben")], events: [] });
await store.claimTurns(options);
process.stdout.write("ready\n");
setInterval(() => {}, 60_000);
