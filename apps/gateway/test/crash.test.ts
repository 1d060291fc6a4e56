import { describe, expect, it } from "vitest";
import { ACCOUNT, type GatewayUnderTest, startGateway, waitFor } from "./harness.ts";

const CUSTOMERS = 20;
const MESSAGES = 12;
const KILLS = 8;

const customer = (index: number) => `storm${index}`;
const word = (index: number, message: number) => `<${index}:${message}>`;

/** What the customer's phone shows of our answers, as the words they repeat. */
function answered(gateway: GatewayUnderTest, index: number): readonly string[] {
  return gateway.repliesTo(customer(index)).flatMap((text) => text.match(/<\d+:\d+>/g) ?? []);
}

async function storedInbound(gateway: GatewayUnderTest): Promise<readonly string[]> {
  const texts: string[] = [];
  let next: string | undefined;
  do {
    const page = await gateway.api<{ items: { id: string }[]; next?: string }>(
      `/api/conversations?limit=50${next === undefined ? "" : `&before=${encodeURIComponent(next)}`}`,
    );
    for (const { id } of page.items) {
      const { items } = await gateway.api<{ items: { direction: string; content: { text?: string }[] }[] }>(
        `/api/conversations/${encodeURIComponent(id)}/messages?limit=100`,
      );
      for (const { direction, content } of items) if (direction === "inbound") texts.push(content[0]?.text ?? "");
    }
    next = page.next;
  } while (next !== undefined);
  return texts;
}

describe("a gateway that is killed at random under load", () => {
  it("stores every message once, answers each once and in order", async () => {
    const gateway = await startGateway({ config: { log: { level: "warn" } } });
    let writing = true;
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const writers = Promise.all(
      Array.from({ length: CUSTOMERS }, async (_, index) => {
        for (let message = 1; message <= MESSAGES; message += 1) {
          await gateway.customerWrites(word(index, message), customer(index));
          await pause(100 + 300 * Math.random());
        }
      }),
    ).then(() => {
      writing = false;
    });

    let kills = 0;
    while (writing || kills < KILLS) {
      await pause(100 + 500 * Math.random());
      await gateway.kill9();
      kills += 1;
      await gateway.restart();
    }
    await writers;

    const total = CUSTOMERS * MESSAGES;
    const count = () =>
      Array.from({ length: CUSTOMERS }, (_, index) => answered(gateway, index).length).reduce((a, b) => a + b);
    await waitFor(() => count() >= total, { timeoutMs: 60_000 }).catch(() => undefined);
    const stored = await storedInbound(gateway);
    process.stdout.write(`${kills} kills: ${total} written, ${stored.length} stored, ${count()} answered\n`);

    for (let index = 0; index < CUSTOMERS; index += 1) {
      expect(answered(gateway, index)).toEqual(
        Array.from({ length: MESSAGES }, (_, message) => word(index, message + 1)),
      );
    }
    expect([...stored].sort()).toEqual(
      Array.from({ length: total }, (_, n) => word(Math.floor(n / MESSAGES), (n % MESSAGES) + 1)).sort(),
    );
  }, 120_000);

  it("sends nothing twice when the platform took a message and its answer was lost", async () => {
    const gateway = await startGateway({ config: { log: { level: "warn" } } });
    gateway.sim.setFaults([{ name: "qyapi.timeout-after-accept", target: "kf/send_msg", count: 3 }]);

    for (let message = 1; message <= 6; message += 1) await gateway.customerWrites(word(0, message), `c${message}`);

    for (let message = 1; message <= 6; message += 1) {
      await waitFor(() => gateway.repliesTo(`c${message}`).length > 0, { timeoutMs: 60_000 });
      expect(gateway.repliesTo(`c${message}`, ACCOUNT)).toHaveLength(1);
    }
  }, 90_000);
});
