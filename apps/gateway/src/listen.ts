import type { AddressInfo } from "node:net";

/** A server could not take its port; the message says what to do. */
export class PortError extends Error {
  constructor(what: string, host: string, port: number, cause: NodeJS.ErrnoException) {
    super(describe(what, host, port, cause), { cause });
    this.name = "PortError";
  }
}

const MORE_PORTS = 20;

/**
 * Listens, with `anyPort` on the next free port where the wanted one is busy.
 *
 * @throws PortError
 */
export async function listenOn(
  server: { listen(host: string, port: number): Promise<AddressInfo> },
  what: string,
  { host, port }: { readonly host: string; readonly port: number },
  anyPort: boolean,
): Promise<AddressInfo> {
  for (let tried = port; ; tried++) {
    try {
      return await server.listen(host, tried);
    } catch (error) {
      const cause = error as NodeJS.ErrnoException;
      const goOn = anyPort && cause.code === "EADDRINUSE" && tried < port + MORE_PORTS;
      if (!goOn) throw new PortError(what, host, tried, cause);
    }
  }
}

/** The address this machine reaches a listening server at. */
export function urlOf({ address, port, family }: AddressInfo): string {
  if (address === "0.0.0.0" || address === "::") return `http://127.0.0.1:${port}`;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

function describe(what: string, host: string, port: number, { code, message }: NodeJS.ErrnoException): string {
  const place = `${host}:${port}`;
  switch (code) {
    case "EADDRINUSE":
      return `the ${what} cannot listen on ${place}: another program uses that port; end it, or set another ${what}.port`;
    case "EACCES":
      return `the ${what} cannot listen on ${place}: not allowed; ports below 1024 need rights of their own`;
    case "EADDRNOTAVAIL":
      return `the ${what} cannot listen on ${place}: this machine does not have that address`;
    default:
      return `the ${what} cannot listen on ${place}: ${message}`;
  }
}
