import { describe, expect, it } from "vitest";
import { refusalOf } from "./address.ts";
import { createGuard, createPlatformGuard, type HttpError } from "./index.ts";

function verdict(guard: ReturnType<typeof createGuard>, url: string): string {
  try {
    return guard.check(new URL(url));
  } catch (error) {
    return (error as HttpError).code;
  }
}

describe("addresses", () => {
  it.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001:0:1::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
  ])("refuses %s", (address) => {
    expect(refusalOf(address)).toEqual(expect.any(String));
  });

  it.each(["8.8.8.8", "101.226.103.63", "172.32.0.1", "100.128.0.1", "2400:3200::1", "64:ff9b::808:808"])(
    "accepts %s",
    (address) => {
      expect(refusalOf(address)).toBeUndefined();
    },
  );
});

describe("guard for URLs of people and models", () => {
  const guard = createGuard({ allowOrigins: ["http://127.0.0.1:9000"], allowHosts: ["nas.local", ".corp.example"] });

  it.each([
    ["https://example.com/a.png", "public"],
    ["http://example.com:8080/", "public"],
    ["http://127.0.0.1:9000/x", "trusted"],
    ["http://nas.local:22/", "trusted"],
    ["https://a.b.corp.example/", "trusted"],
    ["http://127.0.0.1:9001/", "http.blocked-address"],
    ["http://127.1/", "http.blocked-address"],
    ["http://2130706433/", "http.blocked-address"],
    ["http://0x7f000001/", "http.blocked-address"],
    ["http://0177.0.0.1/", "http.blocked-address"],
    ["http://0/", "http.blocked-address"],
    ["http://[::1]/", "http.blocked-address"],
    ["http://[::ffff:7f00:1]/", "http.blocked-address"],
    ["http://169.254.169.254/latest/meta-data/", "http.blocked-address"],
    ["http://example.com:25/", "http.blocked-url"],
    ["https://example.com:22/", "http.blocked-url"],
    ["https://user@example.com/", "http.blocked-url"],
    ["ftp://example.com/", "http.blocked-url"],
    ["file:///etc/passwd", "http.blocked-url"],
    ["data:text/plain,hi", "http.blocked-url"],
  ])("%s: %s", (url, expected) => {
    expect(verdict(guard, url)).toBe(expected);
  });

  it("keeps to the ports it was given", () => {
    const strict = createGuard({ ports: [443] });

    expect(verdict(strict, "https://example.com/")).toBe("public");
    expect(verdict(strict, "http://example.com/")).toBe("http.blocked-url");
    expect(verdict(strict, "https://example.com:8443/")).toBe("http.blocked-url");
  });

  it("does not accept an origin that is none", () => {
    expect(() => createGuard({ allowOrigins: ["example.com"] })).toThrow(/https:\/\/host/);
  });
});

describe("guard for the platform's URLs", () => {
  const guard = createPlatformGuard({ domains: ["qq.com", ".qpic.cn"], allowOrigins: ["http://localhost:9100"] });

  it.each([
    ["https://qyapi.weixin.qq.com/x", "trusted"],
    ["http://wework.qpic.cn/x", "trusted"],
    ["https://QQ.com./", "trusted"],
    ["http://localhost:9100/cdn/1", "trusted"],
    ["http://localhost:9101/cdn/1", "http.blocked-url"],
    ["https://evilqq.com/", "http.blocked-url"],
    ["https://qq.com.evil.net/", "http.blocked-url"],
    ["https://qq.com:22/", "http.blocked-url"],
    ["https://a:b@qq.com/", "http.blocked-url"],
    ["ftp://qq.com/", "http.blocked-url"],
  ])("%s: %s", (url, expected) => {
    expect(verdict(guard, url)).toBe(expected);
  });
});
