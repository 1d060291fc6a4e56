import { describe, expect, it } from "vitest";
import type { StartSubject, Subject, WebhookFacts } from "./channel-contract.ts";
import { settled } from "./test-clock.ts";

/** Longer than any pause a channel makes before it pulls again. */
const PULLED_AGAIN_MS = 120_000;

export function webhookContract(facts: WebhookFacts, start: StartSubject): void {
  describe("the webhook", () => {
    acceptContract(facts, start);
    refusalContract(facts, start);
  });
}

const call = ({ channel }: Subject, request: Request, next?: () => Promise<Response>) =>
  channel.webhook?.(request, next) as Promise<Response>;

function acceptContract(facts: WebhookFacts, start: StartSubject): void {
  it("stores what a genuine callback brings", async () => {
    const subject = await start();

    const response = await call(subject, facts.genuine());
    await settled();

    expect(response.status).toBe(200);
    expect(subject.test.inbox.messages).toHaveLength(1);
  });

  it(
    facts.acknowledges === "doorbell"
      ? "acknowledges at once, since the platform keeps the message until it is pulled"
      : "acknowledges only when the message is stored",
    async () => {
      const subject = await start();
      let store = () => {};
      subject.test.inbox.before(
        () =>
          new Promise((resolve) => {
            store = resolve;
          }),
      );
      let answered = false;

      const answer = call(subject, facts.genuine()).finally(() => {
        answered = true;
      });
      await settled();
      const answeredBefore = answered;
      subject.test.inbox.before(() => {});
      store();
      await answer;
      await settled();

      expect(answeredBefore).toBe(facts.acknowledges === "doorbell");
      expect(subject.test.inbox.messages).toHaveLength(1);
    },
  );

  it(`answers ${facts.whenNotStored} when nothing can be stored, and stores it later`, async () => {
    const subject = await start();
    subject.test.inbox.before(() => {
      throw new Error("the disk is full");
    });

    const response = await call(subject, facts.genuine());
    await settled();
    const cursorsBefore = subject.test.inbox.cursors.size;
    subject.test.inbox.before(() => {});
    if (facts.acknowledges === "after-accept") await call(subject, facts.genuine());
    await subject.test.clock.advance(PULLED_AGAIN_MS);

    expect(response.status).toBe(facts.whenNotStored);
    expect(cursorsBefore).toBe(0);
    expect(subject.test.inbox.messages).toHaveLength(1);
  });

  it("takes the same callback three times and stores it once", async () => {
    const subject = await start();

    const statuses = [];
    for (let time = 0; time < 3; time += 1) {
      statuses.push((await call(subject, facts.genuine())).status);
      await subject.test.clock.advance(1_000);
    }

    expect(statuses).toEqual([200, 200, 200]);
    expect(subject.test.inbox.messages).toHaveLength(1);
  });

  it("answers the check of the address with exactly what was encrypted", async () => {
    const subject = await start();
    const { request, answer } = facts.check();

    const response = await call(subject, request);

    expect([response.status, await response.text()]).toEqual([200, answer]);
  });
}

function refusalContract(facts: WebhookFacts, start: StartSubject): void {
  async function refused(request: Request): Promise<{ status: number; stored: number }> {
    const subject = await start();
    const { status } = await call(subject, request);
    await subject.test.clock.advance(1_000);
    return { status, stored: subject.test.inbox.batches.length };
  }

  it("answers 401 to a forged callback and stores nothing", async () => {
    expect(await refused(facts.forged())).toEqual({ status: 401, stored: 0 });
  });

  it("asks the next channel before it refuses a signature", async () => {
    const subject = await start();

    const response = await call(subject, facts.forged(), async () => new Response("mine", { status: 200 }));

    expect([response.status, await response.text()]).toEqual([200, "mine"]);
    expect(subject.test.inbox.batches).toHaveLength(0);
  });

  it("keeps the refusal when no other channel knows the callback either", async () => {
    const subject = await start();

    const response = await call(subject, facts.forged(), async () => new Response("not mine", { status: 401 }));

    expect(response.status).toBe(401);
  });

  it("does not ask the next channel for its own callbacks", async () => {
    const subject = await start();
    let asked = 0;

    const response = await call(subject, facts.genuine(), async () => {
      asked += 1;
      return new Response("not mine", { status: 401 });
    });
    await settled();

    expect(response.status).toBe(200);
    expect(subject.test.inbox.messages).toHaveLength(1);
    expect(asked).toBeLessThanOrEqual(1);
  });

  const { foreign } = facts;
  if (foreign !== undefined) {
    it("hands on what is rightly signed but another channel's, and acknowledges what is nobody's", async () => {
      const subject = await start();

      const handedOn = await call(subject, foreign(), async () => new Response("mine"));
      const nobodys = await call(subject, foreign());

      expect(await handedOn.text()).toBe("mine");
      expect(nobodys.status).toBe(200);
      expect(subject.test.inbox.batches).toHaveLength(0);
    });
  }

  it.each(["PUT", "DELETE", "PATCH", "HEAD"])("answers 405 to %s", async (method) => {
    const request = new Request(facts.check().request.url, { method });

    expect(await refused(request)).toEqual({ status: 405, stored: 0 });
  });

  it("answers 413 to a body that is too large, whatever its length header says", async () => {
    const { url } = facts.genuine();
    const body = ReadableStream.from(
      (async function* () {
        for (let sent = 0; sent < facts.tooManyBytes + 65_536; sent += 65_536) yield Buffer.alloc(65_536, 0x20);
      })(),
    );
    const request = new Request(url, { method: "POST", body, duplex: "half" } as RequestInit);

    expect(await refused(request)).toEqual({ status: 413, stored: 0 });
  });

  it.each(["msg_signature", "timestamp", "nonce"])("answers 400 when %s is missing or there twice", async (name) => {
    for (const change of [
      (query: URLSearchParams) => query.delete(name),
      (query: URLSearchParams) => query.append(name, "again"),
    ]) {
      const url = new URL(facts.genuine().url);
      change(url.searchParams);
      const request = new Request(url, { method: "POST", body: await facts.genuine().text() });

      expect(await refused(request)).toEqual({ status: 400, stored: 0 });
    }
  });

  it("answers 400 to a body that is no callback", async () => {
    for (const body of ["", "hello", "<xml>", '<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>']) {
      expect(await refused(new Request(facts.genuine().url, { method: "POST", body }))).toEqual({
        status: 400,
        stored: 0,
      });
    }
  });
}
