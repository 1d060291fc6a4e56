import { describe, expect, it } from "vitest";
import { type GatewayUnderTest, kfChannel, startGateway, waitFor } from "./harness.ts";

async function startPairing(more = {}): Promise<GatewayUnderTest> {
  return startGateway({
    config: (sim) => ({ channels: { support: kfChannel(sim, { dmPolicy: "pairing", ...more }) } }),
  });
}

async function strangerWrites(gateway: GatewayUnderTest, text = "hi"): Promise<string> {
  await gateway.customerWrites(text);
  const [sentence = ""] = await waitFor(() => gateway.repliesTo().length > 0 && gateway.repliesTo());
  const code = /[A-Z2-9]{8}/.exec(sentence)?.[0];
  if (code === undefined) throw new Error(`no code in: ${sentence}`);
  return code;
}

async function pairingCli(gateway: GatewayUnderTest, ...args: readonly string[]) {
  const { code, stdout, stderr } = await gateway.cli("pairing", ...args, "--json");
  return { code, stderr, json: JSON.parse(stdout) };
}

describe("pairing", () => {
  it("lets a stranger in by the code they were given, and for good", async () => {
    const gateway = await startPairing();
    const code = await strangerWrites(gateway);

    const people = await gateway.cli("pairing", "list");
    const listed = await pairingCli(gateway, "list");
    const approved = await gateway.cli("pairing", "approve", code.toLowerCase());

    expect(people.stdout).toContain(code);
    expect(listed.json.items).toMatchObject([{ code, conversation: { channel: "support" } }]);
    const person = listed.json.items[0].sender.id;
    expect(approved).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/may write to support now and is told so/),
    });
    await waitFor(() => gateway.repliesTo().some((text) => text.includes("配对成功")));

    await gateway.stop();
    await gateway.restart();
    await gateway.customerWrites("here again");
    await waitFor(() => gateway.repliesTo().some((text) => text.includes("here again")));
    await gateway.customerWrites("/whoami");
    await waitFor(() => gateway.repliesTo().some((text) => text.includes(person)));
  });

  it("refuses codes nobody was given, and says so with exit code 1", async () => {
    const gateway = await startPairing();

    const { code, stderr } = await gateway.cli("pairing", "approve", "AAAAAAAA");

    expect(code).toBe(1);
    expect(stderr).toContain('"AAAAAAAA"');
  });

  it("can be rejected and taken back, and the audit knows who did it", async () => {
    const gateway = await startPairing({ notices: { pairing: "code {code} for {id}" } });
    const code = await strangerWrites(gateway);
    const anna = (await pairingCli(gateway, "list")).json.items[0].sender.id;
    expect(gateway.repliesTo()).toEqual([`code ${code} for ${anna}`]);

    const rejected = await pairingCli(gateway, "reject", code);
    const again = await pairingCli(gateway, "approve", code);
    await gateway.customerWrites("hello", "bella");
    const second = await waitFor(async () => (await pairingCli(gateway, "list")).json.items[0]);
    await pairingCli(gateway, "approve", second.code);
    const bella = second.sender.id;
    const revoked = await gateway.cli("pairing", "revoke", "support", bella);

    expect([rejected.code, again.code, revoked.code]).toEqual([0, 1, 0]);
    expect((await pairingCli(gateway, "list")).json).toEqual({ items: [], people: [] });
    const { items } = await gateway.api<{ items: { action: string; subject?: string }[] }>("/api/audit");
    expect(items.map(({ action, subject }) => `${action} ${subject}`)).toEqual(
      expect.arrayContaining([`pairing.reject ${anna}`, `pairing.approve ${bella}`, `pairing.revoke ${bella}`]),
    );
  });

  it("speaks English where the channel does", async () => {
    const gateway = await startPairing({ language: "en" });

    await strangerWrites(gateway);

    expect(gateway.repliesTo()[0]).toMatch(/^You are not paired yet\. Give the code [A-Z2-9]{8} to the operator\.$/);
  });
});
