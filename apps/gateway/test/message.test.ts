import { describe, expect, it } from "vitest";
import { ACCOUNT, startGateway, waitFor } from "./harness.ts";

interface Items<T> {
  readonly items: readonly T[];
}

describe("a customer's message", () => {
  it("is answered through the whole pipeline", async () => {
    const gateway = await startGateway();

    await gateway.customerWrites("hello there");

    await waitFor(() => gateway.repliesTo().length === 1);
    expect(gateway.repliesTo()).toEqual(["You said: hello there"]);
  });

  it("can be followed step by step from the admin API", async () => {
    const gateway = await startGateway();
    const platformId = await gateway.customerWrites("where am I?");
    await waitFor(() => gateway.repliesTo().length === 1);

    const { items: conversations } =
      await gateway.api<Items<{ id: string; account: string; name: string }>>("/api/conversations");
    const { items: messages } = await gateway.api<Items<{ direction: string }>>(
      `/api/conversations/${conversations[0]?.id}/messages`,
    );
    const timeline = await gateway.api<Items<{ what: string }>>(`/api/messages/${platformId}/timeline`);

    expect(conversations).toMatchObject([{ channel: "support", account: ACCOUNT, kind: "direct", name: "anna" }]);
    expect(messages.map(({ direction }) => direction).sort()).toEqual(["inbound", "outbound"]);
    expect(timeline.items.length).toBeGreaterThan(2);
  });

  it("is answered in order, however fast they come", async () => {
    const gateway = await startGateway();
    const said = Array.from({ length: 5 }, (_, index) => `line ${index}`);

    for (const text of said) await gateway.customerWrites(text);

    const shown = () => gateway.repliesTo().join("\n");
    await waitFor(() => said.every((text) => shown().includes(text)));
    const places = said.map((text) => shown().indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });
});
