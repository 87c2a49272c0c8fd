import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { invalid } from "@esteira/core/errors";
import ipaddr from "ipaddr.js";

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Every address of a host name. A parameter, so that a test can be the name server. */
export type Resolve = (host: string) => Promise<readonly { address: string; family: number }[]>;

export const SYSTEM: Resolve = (host) => lookup(host, { all: true, verbatim: true });

/** How the rest of the network sees an address: IPv6 forms that carry an IPv4 one are that one. */
function embedded(parsed: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (parsed instanceof ipaddr.IPv4) return parsed;
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address();
  const bytes = parsed.toByteArray();
  switch (parsed.range()) {
    case "6to4":
      return new ipaddr.IPv4(bytes.slice(2, 6));
    case "rfc6052":
      return new ipaddr.IPv4(bytes.slice(12));
    default:
      return parsed;
  }
}

/** Whether an address belongs to the public internet: no loopback, private, link-local or otherwise special range. */
export function isPublicAddress(address: string): boolean {
  // A zone (fe80::1%eth0) is only ever local.
  if (isIP(address) === 0 || address.includes("%")) return false;
  return embedded(ipaddr.parse(address)).range() === "unicast";
}

/**
 * The addresses of a URL's host, each of them public. Whoever connects must connect to one of these and not resolve the
 * name again: between two look-ups the answer may change.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE when the name does not resolve, or to an address that is not public.
 */
export async function publicAddresses(url: URL, resolve: Resolve = SYSTEM): Promise<readonly Address[]> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  let found: readonly { address: string; family: number }[];
  try {
    found = isIP(host) ? [{ address: host, family: isIP(host) }] : await resolve(host);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw invalid(`Cannot resolve Webhook URL hostname '${host}': ${code}`);
  }
  if (found.length === 0) throw invalid(`Cannot resolve Webhook URL hostname '${host}': it has no address`);
  return found.map(({ address, family }) => {
    if (!isPublicAddress(address)) {
      throw invalid(`Webhook URL must not resolve to a non-public IP address. '${host}' resolves to ${address}.`);
    }
    return { address, family: family === 6 ? 6 : 4 };
  });
}
