import type { IlinkConfig } from "./config.ts";

/** Addresses the platform hands out lead to its own domains, or to where the configuration says that it is. */
export interface Hosts {
  /** The address, if it is one we follow. */
  trusted(address: string): URL | undefined;
  /** Base address behind a login's `redirect_host`; undefined when it is none we follow. */
  redirect(host: string): string | undefined;
}

const TENCENT = ["weixin.qq.com", "qpic.cn", "qlogo.cn"];
const REDIRECT_DOMAIN = "weixin.qq.com";

export function createHosts({
  baseUrl,
  cdnBaseUrl,
  redirectHosts,
}: Pick<IlinkConfig, "baseUrl" | "cdnBaseUrl" | "redirectHosts">): Hosts {
  const base = new URL(baseUrl);
  const configured = new Set([
    base.origin,
    new URL(cdnBaseUrl).origin,
    ...redirectHosts.map((host) => `https://${host.toLowerCase()}`),
  ]);
  return {
    trusted(address) {
      if (!URL.canParse(address)) return undefined;
      const url = new URL(address);
      if (url.username !== "" || url.password !== "") return undefined;
      const isTencent =
        url.protocol === "https:" && url.port === "" && TENCENT.some((domain) => isBelow(url.hostname, domain));
      return isTencent || configured.has(url.origin) ? url : undefined;
    },
    redirect(host) {
      if (host === base.host) return baseUrl;
      if (!/^[a-z0-9.-]+(?::\d+)?$/i.test(host)) return undefined;
      const url = new URL(`https://${host}`);
      const isTencent = url.port === "" && isBelow(url.hostname, REDIRECT_DOMAIN);
      return isTencent || configured.has(url.origin) ? url.origin : undefined;
    },
  };
}

function isBelow(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`);
}
