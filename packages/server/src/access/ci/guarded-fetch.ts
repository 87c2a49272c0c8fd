import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { EsteiraError } from "@esteira/core/errors";
import { isLoopbackName } from "../../http/trusted-hosts.ts";
import { type Address, isPublicAddress, type Resolve, SYSTEM } from "../../webhooks/public-address.ts";
import { pinned } from "../../webhooks/send.ts";

export interface ReachPolicy {
  /** Whether issuers may be in private networks, and on this machine without TLS. */
  readonly allowPrivate: boolean;
  readonly resolve?: Resolve | undefined;
}

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 512 * 1024;

/**
 * The JSON at an address that an admin has named. Connects only to an address that was just seen to be public (unless the policy
 * allows others), through no proxy, and follows no redirect. Throws TEMPORARILY_UNAVAILABLE with what went wrong.
 */
export async function fetchJson(address: string, policy: ReachPolicy): Promise<unknown> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !isReached(url, policy)) {
    throw unreachable(address, "it is not reached over https");
  }
  const addresses = await checkedAddresses(url, policy);
  const text = await get(url, addresses);
  try {
    return JSON.parse(text);
  } catch {
    throw unreachable(address, "it answers no JSON");
  }
}

const bare = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

const isReached = (url: URL, { allowPrivate }: ReachPolicy): boolean =>
  url.protocol === "https:" || (allowPrivate && url.protocol === "http:" && isLoopbackName(bare(url)));

async function checkedAddresses(url: URL, policy: ReachPolicy): Promise<readonly Address[]> {
  let found: Awaited<ReturnType<Resolve>>;
  try {
    found = await (policy.resolve ?? SYSTEM)(bare(url));
  } catch {
    throw unreachable(url.href, "its name has no address");
  }
  const inner = found.find(({ address }) => !isPublicAddress(address));
  if (inner !== undefined && !policy.allowPrivate) {
    throw unreachable(
      url.href,
      `it is at ${inner.address}, inside a network: \`esteira server --allow-private-issuers\` allows that`,
    );
  }
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

function get(url: URL, addresses: readonly Address[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(unreachable(url.href, why));
    const open = url.protocol === "https:" ? httpsRequest : httpRequest;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const sent = open(
      url,
      { headers: { accept: "application/json" }, agent: false, signal, lookup: pinned(addresses) },
      (answer) => {
        if (answer.statusCode !== 200) {
          answer.destroy();
          fail(`it answers HTTP ${answer.statusCode}`);
          return;
        }
        const chunks: Buffer[] = [];
        let length = 0;
        answer.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length <= MOST_BYTES) return;
          answer.destroy();
          fail(`it answers more than ${MOST_BYTES} bytes`);
        });
        answer.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
        answer.on("error", () => fail("its answer broke off"));
      },
    );
    sent.on("error", (error) => fail(signal.aborted ? "it does not answer in time" : error.message));
    sent.end();
  });
}

const unreachable = (address: string, why: string): EsteiraError =>
  new EsteiraError("TEMPORARILY_UNAVAILABLE", `The keys of the issuer cannot be read at ${address}: ${why}.`);
