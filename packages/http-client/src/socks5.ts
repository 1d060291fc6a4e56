import { once } from "node:events";
import { isIP, type Socket } from "node:net";
import ipaddr from "ipaddr.js";

const VERSION = 5;
const NO_AUTH = 0;
const USER_PASSWORD = 2;
const CONNECT = 1;
const ADDRESS = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** https://www.rfc-editor.org/rfc/rfc1928#section-6 */
const REPLIES = [
  "succeeded",
  "general failure",
  "not allowed by its rules",
  "network unreachable",
  "host unreachable",
  "connection refused",
  "TTL expired",
  "command not supported",
  "address type not supported",
];

/**
 * Speaks SOCKS 5 (RFC 1928, user and password by RFC 1929) on a fresh socket until it is connected to `target`.
 * Names are sent as names. Returns the proxy's reason in words when it refuses; rejects when the socket fails.
 */
export async function negotiateSocks5(
  socket: Socket,
  target: { host: string; port: number },
  credentials?: { username: string; password: string },
): Promise<string | undefined> {
  await once(socket, "connect");
  const methods = credentials ? [NO_AUTH, USER_PASSWORD] : [NO_AUTH];
  socket.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [version, method] = await readBytes(socket, 2);
  if (version !== VERSION) return "does not speak SOCKS 5";

  if (method === USER_PASSWORD && credentials) {
    socket.write(Buffer.concat([Buffer.from([1]), counted(credentials.username), counted(credentials.password)]));
    const [, status] = await readBytes(socket, 2);
    if (status !== 0) return "refused the user name or password";
  } else if (method !== NO_AUTH) {
    return "wants a user name and password; write them into its URL";
  }

  const port = Buffer.alloc(2);
  port.writeUInt16BE(target.port);
  socket.write(Buffer.concat([Buffer.from([VERSION, CONNECT, 0]), encodeHost(target.host), port]));
  const [, reply, , type] = await readBytes(socket, 4);
  if (reply !== 0) return `could not reach ${target.host}:${target.port}: ${REPLIES[reply!] ?? `code ${reply}`}`;

  await readBytes(socket, (await boundAddressBytes(socket, type!)) + 2);
  return undefined;
}

function encodeHost(host: string): Buffer {
  if (isIP(host) === 0) return Buffer.concat([Buffer.from([ADDRESS.name]), counted(host)]);
  const bytes = ipaddr.parse(host).toByteArray();
  return Buffer.from([bytes.length === 4 ? ADDRESS.ipv4 : ADDRESS.ipv6, ...bytes]);
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 255) throw new RangeError("SOCKS 5 takes names, user names and passwords of at most 255 bytes");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

async function boundAddressBytes(socket: Socket, type: number): Promise<number> {
  if (type === ADDRESS.name) return (await readBytes(socket, 1))[0]!;
  return type === ADDRESS.ipv6 ? 16 : 4;
}

async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const chunk: Buffer | null = socket.read(count);
    if (chunk?.length === count) return chunk;
    if (chunk !== null || socket.readableEnded || socket.destroyed) throw new Error("the proxy closed the connection");
    await Promise.race([once(socket, "readable"), once(socket, "end"), once(socket, "close")]);
  }
}
