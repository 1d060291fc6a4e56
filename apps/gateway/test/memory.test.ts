import { describe, expect, it } from "vitest";
import { startGateway, waitFor } from "./harness.ts";
import { type ModelRequest, startModel } from "./model.ts";

/** A model that remembers nothing, and says which question it answers. */
async function startForgetful(more: { readonly crashPoint?: string } = {}) {
  const model = await startModel(({ messages }) => ({ content: `answer to ${messages.at(-1)?.content}` }));
  const gateway = await startGateway({
    config: { agents: { assistant: { type: "openai", baseUrl: model.url, model: "m", channelGuide: false } } },
    ...more,
  });
  return { model, gateway };
}

/** What the model was told without the system's words, one line each. */
function told(request: ModelRequest | undefined): readonly string[] {
  const said = request?.messages.filter(({ role }) => role !== "system") ?? [];
  return said.map(({ role, content }) => `${role}: ${content}`);
}

describe("a model that remembers nothing", () => {
  it("is told of a person's questions before, and of nobody else's", async () => {
    const { model, gateway } = await startForgetful();
    const ask = async (text: string, from: string, answers: number) => {
      await gateway.customerWrites(text, from);
      await waitFor(() => gateway.repliesTo(from).length === answers);
    };

    await ask("my tea is oolong", "anna", 1);
    await ask("what do I like?", "bella", 1);
    await ask("which tea?", "anna", 2);

    expect(told(model.requests[1])).toEqual(["user: what do I like?"]);
    expect(told(model.requests[2])).toEqual([
      "user: my tea is oolong",
      "assistant: answer to my tea is oolong",
      "user: which tea?",
    ]);
    expect(JSON.stringify(model.requests[1])).not.toContain("oolong");
  });

  it.each(["mid-agent", "before-complete-turn", "after-complete-turn"])(
    "is told once of a question whose turn died at %s",
    async (crashPoint) => {
      const { model, gateway } = await startForgetful({ crashPoint });

      await gateway.customerWrites("my tea is oolong");
      await gateway.exit();
      await gateway.restart();
      await waitFor(() => gateway.repliesTo().length === 1);
      await gateway.customerWrites("which tea?");
      await waitFor(() => gateway.repliesTo().length === 2);

      expect(told(model.requests.at(-1))).toEqual([
        "user: my tea is oolong",
        "assistant: answer to my tea is oolong",
        "user: which tea?",
      ]);
    },
  );

  it("is told nothing of what was said before /new", async () => {
    const { model, gateway } = await startForgetful();
    for (const [index, text] of ["my tea is oolong", "/new", "which tea?"].entries()) {
      await gateway.customerWrites(text);
      await waitFor(() => gateway.repliesTo().length === index + 1);
    }

    expect(told(model.requests.at(-1))).toEqual(["user: which tea?"]);
  });
});
