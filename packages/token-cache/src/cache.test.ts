import { setImmediate } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { type Clock, createTokenCache, type StoredToken, type TokenCacheOptions, type TokenStore } from "./index.ts";

const MINUTE_MS = 60_000;
const TWO_HOURS_SECONDS = 7200;

interface ManualClock extends Clock {
  advance(ms: number): void;
}

function manualClock(): ManualClock {
  let now = 1_767_225_600_000;
  return {
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      await setImmediate();
      now += ms;
    },
    advance(ms) {
      now += ms;
    },
  };
}

/** A platform that hands out t1, t2, … and says how often it was asked. */
function platform(expiresInSeconds = TWO_HOURS_SECONDS) {
  let asked = 0;
  return vi.fn(async () => {
    asked += 1;
    await setImmediate();
    return { value: `t${asked}`, expiresInSeconds };
  });
}

function setUp(overrides: Partial<TokenCacheOptions> = {}) {
  const clock = manualClock();
  const fetchToken = platform();
  const cache = createTokenCache({ fetchToken, clock, ...overrides });
  return { clock, fetchToken, cache };
}

function memoryStore(clock: Clock): TokenStore {
  const tokens = new Map<string, StoredToken>();
  const locks = new Map<string, number>();
  return {
    get: async (key) => tokens.get(key),
    set: async (key, token) => void tokens.set(key, token),
    async lock(key, ttlMs) {
      if ((locks.get(key) ?? 0) > clock.now()) return undefined;
      locks.set(key, clock.now() + ttlMs);
      return { release: async () => void locks.delete(key) };
    },
  };
}

describe("token cache", () => {
  it("asks for one token when three callers arrive together", async () => {
    const { cache, fetchToken } = setUp();

    const tokens = await Promise.all([cache.get(), cache.get(), cache.get()]);

    expect(tokens).toEqual(["t1", "t1", "t1"]);
    expect(fetchToken).toHaveBeenCalledTimes(1);
  });

  it("keeps a token until five minutes before its end", async () => {
    const { cache, clock, fetchToken } = setUp();
    await cache.get();

    clock.advance(TWO_HOURS_SECONDS * 1000 - 5 * MINUTE_MS - 1);
    await cache.get();

    expect(fetchToken).toHaveBeenCalledTimes(1);
  });

  it("serves the old token while a new one is fetched in the background", async () => {
    const { cache, clock, fetchToken } = setUp();
    await cache.get();
    clock.advance(TWO_HOURS_SECONDS * 1000 - 5 * MINUTE_MS);

    const during = [await cache.get(), await cache.get()];
    await setImmediate();
    await setImmediate();

    expect(during).toEqual(["t1", "t1"]);
    expect(await cache.get()).toBe("t2");
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });

  it("waits for a new token once the old one is over", async () => {
    const { cache, clock } = setUp();
    await cache.get();

    clock.advance(TWO_HOURS_SECONDS * 1000);

    expect(await cache.get()).toBe("t2");
  });

  it("does not ask at every call when the platform hands out a token that is nearly over", async () => {
    const fetchToken = platform(60);
    const { cache, clock } = setUp({ fetchToken });
    await cache.get();

    clock.advance(29_000);
    await cache.get();

    expect(fetchToken).toHaveBeenCalledTimes(1);
  });

  it("serves the old token and tells of it when the background refresh fails", async () => {
    const onProblem = vi.fn();
    const failing = vi
      .fn()
      .mockResolvedValueOnce({ value: "t1", expiresInSeconds: 7200 })
      .mockRejectedValue(new Error("busy"));
    const { cache, clock } = setUp({ fetchToken: failing, onProblem });
    await cache.get();
    clock.advance(TWO_HOURS_SECONDS * 1000 - 4 * MINUTE_MS);

    await cache.get();
    await setImmediate();

    expect(await cache.get()).toBe("t1");
    expect(failing).toHaveBeenCalledTimes(2);
    expect(onProblem).toHaveBeenCalledExactlyOnceWith("refresh", expect.objectContaining({ message: "busy" }));
  });
});

describe("a refused token", () => {
  it("is replaced once, however many callers saw it fail", async () => {
    const { cache, fetchToken } = setUp();
    const failed = await cache.get();

    const tokens = await Promise.all(
      [1, 2, 3].map(() => {
        cache.invalidate(failed);
        return cache.get();
      }),
    );

    expect(tokens).toEqual(["t2", "t2", "t2"]);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });

  it("does not take its successor away when its failure is reported late", async () => {
    const { cache, fetchToken } = setUp();
    const failed = await cache.get();
    cache.invalidate(failed);
    await cache.get();

    cache.invalidate(failed);

    expect(await cache.get()).toBe("t2");
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });
});

describe("a platform that hands out the token it refused", () => {
  it("is asked once a minute", async () => {
    const fetchToken = vi.fn(async () => ({ value: "same", expiresInSeconds: 7200 }));
    const { cache, clock } = setUp({ fetchToken });
    const useAndFail = async () => cache.invalidate(await cache.get());

    for (let i = 0; i < 10; i++) await useAndFail();
    expect(fetchToken).toHaveBeenCalledTimes(2);
    clock.advance(MINUTE_MS);
    for (let i = 0; i < 10; i++) await useAndFail();

    expect(fetchToken).toHaveBeenCalledTimes(3);
  });
});

describe("a refused secret", () => {
  it("costs one fetch a minute; callers get the remembered error until then", async () => {
    const error = new Error("invalid credential");
    const fetchToken = vi.fn().mockRejectedValue(error);
    const { cache, clock } = setUp({ fetchToken });

    await expect(cache.get()).rejects.toBe(error);
    clock.advance(MINUTE_MS - 1);
    await expect(cache.get()).rejects.toBe(error);
    expect(fetchToken).toHaveBeenCalledTimes(1);

    clock.advance(1);
    await expect(cache.get()).rejects.toBe(error);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });

  it("is forgotten with the first token that comes", async () => {
    const fetchToken = vi
      .fn()
      .mockRejectedValueOnce(new Error("refused"))
      .mockResolvedValue({ value: "good", expiresInSeconds: 7200 });
    const { cache, clock } = setUp({ fetchToken });
    await expect(cache.get()).rejects.toThrow("refused");

    clock.advance(MINUTE_MS);

    expect(await cache.get()).toBe("good");
  });

  it("is not confused with a broken network: the owner decides how long each failure counts", async () => {
    const fetchToken = vi
      .fn()
      .mockRejectedValueOnce(new Error("network"))
      .mockResolvedValue({ value: "good", expiresInSeconds: 7200 });
    const { cache } = setUp({ fetchToken, holdOffMs: () => 0 });

    await expect(cache.get()).rejects.toThrow("network");

    expect(await cache.get()).toBe("good");
  });
});

describe("a caller who gives up", () => {
  it("leaves the others their token", async () => {
    const { cache } = setUp();
    const leaving = new AbortController();
    const left = cache.get(leaving.signal);
    const stayed = cache.get();

    leaving.abort(new Error("shutting down"));

    await expect(left).rejects.toThrow("shutting down");
    expect(await stayed).toBe("t1");
  });

  it("ends the fetch when nobody else waits, which counts as no refusal", async () => {
    const fetchToken = vi
      .fn()
      .mockImplementationOnce(
        (signal: AbortSignal) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
      )
      .mockResolvedValue({ value: "later", expiresInSeconds: 7200 });
    const { cache } = setUp({ fetchToken });
    const leaving = new AbortController();
    const left = cache.get(leaving.signal);

    leaving.abort(new Error("shutting down"));
    await expect(left).rejects.toThrow("shutting down");

    expect(await cache.get()).toBe("later");
  });

  it("starts nothing when it had given up before", async () => {
    const { cache, fetchToken } = setUp();

    await expect(cache.get(AbortSignal.abort(new Error("over")))).rejects.toThrow("over");

    expect(fetchToken).not.toHaveBeenCalled();
  });
});

describe("processes that share a store", () => {
  const twoProcesses = (store?: (clock: Clock) => TokenStore) => {
    const clock = manualClock();
    const fetchToken = platform();
    const shared = { store: (store ?? memoryStore)(clock), key: "ww1:app" };
    const create = () => createTokenCache({ fetchToken, clock, shared });
    return { clock, fetchToken, a: create(), b: create() };
  };

  it("use one token", async () => {
    const { a, b, fetchToken } = twoProcesses();

    expect(await a.get()).toBe("t1");
    expect(await b.get()).toBe("t1");
    expect(fetchToken).toHaveBeenCalledTimes(1);
  });

  it("ask once when they start together", async () => {
    const { a, b, fetchToken } = twoProcesses();

    expect(await Promise.all([a.get(), b.get()])).toEqual(["t1", "t1"]);
    expect(fetchToken).toHaveBeenCalledTimes(1);
  });

  it("replace a refused token once", async () => {
    const { a, b, fetchToken } = twoProcesses();
    await a.get();
    await b.get();

    a.invalidate("t1");
    const first = await a.get();
    b.invalidate("t1");
    const second = await b.get();

    expect([first, second]).toEqual(["t2", "t2"]);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });

  it("do not wait for ever for one that died with the lock", async () => {
    const { a, fetchToken } = twoProcesses((clock) => ({ ...memoryStore(clock), lock: async () => undefined }));

    expect(await a.get()).toBe("t1");
    expect(fetchToken).toHaveBeenCalledTimes(1);
  });

  it("free the lock when the fetch fails", async () => {
    const clock = manualClock();
    const shared = { store: memoryStore(clock), key: "k" };
    const failing = createTokenCache({ fetchToken: () => Promise.reject(new Error("no")), clock, shared });
    const working = createTokenCache({ fetchToken: platform(), clock, shared });
    const start = clock.now();

    await expect(failing.get()).rejects.toThrow("no");

    expect(await working.get()).toBe("t1");
    expect(clock.now()).toBe(start);
  });

  it("work alone, and say so, while the store is broken", async () => {
    const broken = async (): Promise<never> => {
      throw new Error("store is down");
    };
    const onProblem = vi.fn();
    const { cache, fetchToken } = setUp({
      shared: { store: { get: broken, set: broken, lock: broken }, key: "k" },
      onProblem,
    });

    expect(await cache.get()).toBe("t1");
    expect(fetchToken).toHaveBeenCalledTimes(1);
    expect(onProblem).toHaveBeenCalledWith("store", expect.objectContaining({ message: "store is down" }));
  });
});
