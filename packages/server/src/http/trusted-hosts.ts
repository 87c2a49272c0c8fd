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
  /** Whether a page of this origin may read answers: one that the operator names, or one on this machine. */
  sharesWith(origin: string): boolean;
  /**
   * Whether its pages may read them as the browser's user: only an origin that the operator names. Another port of this
   * machine is another program, to whose pages the browser would lend the session.
   */
  sharesCredentialsWith(origin: string): boolean;
  /** Every origin is trusted; then nobody's credentials go with a request. */
  readonly sharesWithAll: boolean;
}

export interface TrustOptions {
  /** The address that the server listens on. */
  readonly bindHost?: string | undefined;
  /** Hosts of the server's public addresses, with a port or for any port: trusted always. */
  readonly publicHosts?: readonly string[] | undefined;
  /**
   * The only hosts under which the server is reached, `*` standing for any part of a name, with a port or for any port.
   * Without them: this machine, private networks and the bind address.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins whose pages may use the server, as `https://name:port`, `*` standing for any part of the name. */
  readonly allowedOrigins?: readonly string[] | undefined;
}

const CHANGING = new Set(["POST", "PUT", "PATCH", "DELETE"]);
export const changesState = (method: string): boolean => CHANGING.has(method);

export function trustedHosts(options: TrustOptions = {}): TrustedHosts {
  const trusts = hostRule(options);
  const origins = listed(options.allowedOrigins).map(pattern);
  const sharesWithAll = listed(options.allowedOrigins).includes("*");
  const isNamed = (origin: string): boolean => origins.some((rule) => rule.test(origin));
  const sharesWith = (origin: string): boolean =>
    sharesWithAll || isNamed(origin) || isLoopbackName(parseHost(originHost(origin))?.name ?? "");
  return {
    sharesWith,
    sharesCredentialsWith: (origin) => !sharesWithAll && isNamed(origin),
    sharesWithAll,
    allowsHost: (header) => trusts(parseHost(header)),
    allowsOrigin: (origin, hostHeader) => {
      if (origin === undefined || origin === "" || sharesWith(origin)) return true;
      const host = parseHost(originHost(origin));
      const own = parseHost(hostHeader);
      return host !== undefined && own !== undefined && own.name === host.name && own.port === host.port;
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

function hostRule(options: TrustOptions): (host: HostAndPort | undefined) => boolean {
  const allowed = listed(options.allowedHosts);
  if (allowed.includes("*")) return () => true;
  const rules = [...allowed, ...listed(options.publicHosts)].map(hostPattern);
  const own = options.bindHost?.toLowerCase().replace(/^\[|\]$/g, "");
  const isUsual = ({ name }: HostAndPort): boolean => isLoopbackName(name) || isPrivateAddress(name) || name === own;
  return (host) => host !== undefined && ((allowed.length === 0 && isUsual(host)) || rules.some((rule) => rule(host)));
}

function hostPattern(text: string): (host: HostAndPort) => boolean {
  const rule = pattern(text);
  // "10.*" means addresses; a name that begins like one is not meant.
  const isAddress = /^[\d.*]+(:[\d*]+)?$/.test(text);
  return ({ name, port, isBracketed }) => {
    if (isAddress && !isIPv4(name)) return false;
    const shown = isBracketed ? `[${name}]` : name;
    return rule.test(shown) || rule.test(name) || rule.test(`${shown}:${port}`);
  };
}

const listed = (items: readonly string[] | undefined): readonly string[] =>
  (items ?? []).map((item) => item.trim().toLowerCase()).filter((item) => item !== "");

/** `*` stands for any part of a name, and never crosses into what comes after it. */
const pattern = (text: string): RegExp =>
  new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*+/g, "[^/@]*")}$`, "i");

interface HostAndPort {
  readonly name: string;
  readonly port: string;
  readonly isBracketed: boolean;
}

function parseHost(header: string | undefined): HostAndPort | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?$/i.exec(header ?? "");
  if (match?.[1] === undefined) return undefined;
  const name = match[1].toLowerCase();
  return { name: name.replace(/^\[|\]$/g, ""), port: match[2] ?? "", isBracketed: name.startsWith("[") };
}

const originHost = (origin: string): string | undefined => /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];

export function isLoopbackName(name: string): boolean {
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
