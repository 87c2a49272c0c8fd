import { isIPv4, isIPv6 } from "node:net";

/**
 * Who may talk to the server through a browser. A page elsewhere can make a name of its own resolve to this machine
 * (DNS rebinding) and then reads answers as if they were its own; the Host header gives it away. Hosts are compared as
 * parsed names and addresses, never as text patterns: `10.evil.example` begins like an address and is none.
 */
export interface TrustedHosts {
  allowsHost(header: string | undefined): boolean;
  /** For requests that change state. No Origin means no browser page. */
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
}

const CHANGING = new Set(["POST", "PUT", "PATCH", "DELETE"]);
export const changesState = (method: string): boolean => CHANGING.has(method);

/** `extra` lists further names, with or without a port; "*" trusts every host. */
export function trustedHosts(extra: readonly string[] = []): TrustedHosts {
  const names = new Set(extra.map((name) => name.trim().toLowerCase()).filter((name) => name !== ""));
  const trustsAll = names.has("*");
  const trusts = ({ name, port }: HostAndPort) =>
    isLoopbackName(name) || isPrivateAddress(name) || names.has(name) || names.has(`${name}:${port}`);
  return {
    allowsHost: (header) => {
      if (trustsAll) return true;
      const host = parseHost(header);
      return host !== undefined && trusts(host);
    },
    allowsOrigin: (origin, hostHeader) => {
      if (origin === undefined || origin === "" || trustsAll) return true;
      const host = parseHost(/^https?:\/\/([^/]+)$/i.exec(origin)?.[1]);
      if (host === undefined) return false;
      const own = parseHost(hostHeader);
      const isOwn = own !== undefined && own.name === host.name && own.port === host.port;
      return isOwn || isLoopbackName(host.name) || names.has(host.name) || names.has(`${host.name}:${host.port}`);
    },
  };
}

/**
 * True for a request of a page that this server itself has sent. Browsers tell the origin with every change; that
 * another port of the same machine is the same site to them, is why it is compared with its port.
 */
export function isOwnOrigin(
  headers: { readonly origin?: string | undefined; readonly host?: string | undefined },
  publicUrl?: string,
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || host === undefined) return false;
  if (publicUrl !== undefined && origin === new URL(publicUrl).origin) return true;
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase() === host.toLowerCase();
}

interface HostAndPort {
  readonly name: string;
  readonly port: string;
}

function parseHost(header: string | undefined): HostAndPort | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?$/i.exec(header ?? "");
  if (match?.[1] === undefined) return undefined;
  return { name: match[1].toLowerCase().replace(/^\[|\]$/g, ""), port: match[2] ?? "" };
}

function isLoopbackName(name: string): boolean {
  if (name === "localhost" || name === "::1" || name === "0.0.0.0") return true;
  return isIPv4(name) && name.startsWith("127.");
}

/** Addresses of private networks. A literal address cannot be rebound, and containers are reached by one. */
function isPrivateAddress(name: string): boolean {
  if (isIPv6(name)) return /^f[cd]/.test(name);
  if (!isIPv4(name)) return false;
  const [a = 0, b = 0] = name.split(".").map(Number);
  return a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32);
}
