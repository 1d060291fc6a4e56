import { type Channel, type ChannelPorts, type MediaStream, textField } from "@wxgate/core";

type OpenMedia = NonNullable<Channel["openMedia"]>;

interface OpenFileOptions {
  /** By the API, which wants a media id, a token and a trusted IP. */
  readonly byApi: OpenMedia;
  /** Where the platform is: pictures on this origin are its own, too. */
  readonly apiBaseUrl: string;
  readonly ports: Pick<ChannelPorts, "fetch" | "log">;
}

/** Where the platform keeps pictures. */
const TENCENT = /(?:^|\.)(?:qpic\.cn|qq\.com)$/;

/** Opens what a member sent; a picture that the API does not give, by its public address, which needs none of these. */
export function createOpenFile({ byApi, apiBaseUrl, ports }: OpenFileOptions): OpenMedia {
  const ownOrigin = new URL(apiBaseUrl).origin;

  return async function openFile(ref, signal) {
    try {
      return await byApi(ref, signal);
    } catch (error) {
      signal.throwIfAborted();
      const picture = await byAddress(textField(ref, "picUrl"), signal);
      if (picture === undefined) throw error;
      ports.log.info({ err: error }, "a picture was fetched by its public address, since the API does not give it");
      return picture;
    }
  };

  async function byAddress(address: string | undefined, signal: AbortSignal): Promise<MediaStream | undefined> {
    if (address === undefined || !isPlatforms(address)) return undefined;
    const response = await ports.fetch(address, { redirect: "manual", signal }).catch(() => {
      // The failure of the API is what is told.
      signal.throwIfAborted();
    });
    const mime = response?.headers.get("content-type") ?? "";
    if (response?.ok && response.body !== null && mime.startsWith("image/")) {
      return { body: response.body, mime };
    }
    await response?.body?.cancel();
    return undefined;
  }

  function isPlatforms(address: string): boolean {
    if (!URL.canParse(address)) return false;
    const { protocol, hostname, origin } = new URL(address);
    return origin === ownOrigin || (protocol === "https:" && TENCENT.test(hostname));
  }
}
