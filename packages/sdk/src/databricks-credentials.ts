import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import type { Credentials } from "./credentials.ts";

export interface MachineLogin {
  /** `https://workspace-host`. */
  readonly host: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly fetch?: typeof fetch;
  readonly clock?: () => number;
}

const discovery = z.looseObject({ token_endpoint: z.string() });
const grant = z.looseObject({ access_token: z.string(), expires_in: z.number().default(3600) });
/** A token is renewed this long before it ends. */
const MARGIN_MS = 60_000;

/**
 * OAuth for machines on Databricks: client credentials are exchanged for a token of an hour at the workspace's own token
 * endpoint, which its discovery document names. Concurrent calls share one exchange.
 */
export function databricksMachine(login: MachineLogin): Credentials {
  const send = login.fetch ?? globalThis.fetch.bind(globalThis);
  const clock = login.clock ?? Date.now;
  const host = login.host.replace(/\/+$/, "");
  let current: Promise<{ token: string; until: number }> | undefined;

  async function read<T>(url: string, schema: z.ZodType<T>, init?: RequestInit): Promise<T> {
    const response = await send(url, init);
    const text = await response.text();
    if (!response.ok) {
      throw new EsteiraError(
        "UNAUTHENTICATED",
        `${url} answered HTTP ${response.status}: check the client id and secret of the service principal. ${text.slice(0, 200)}`,
      );
    }
    const parsed = schema.safeParse(jsonOf(text));
    if (!parsed.success) throw new EsteiraError("INTERNAL_ERROR", `${url} did not answer as OAuth promises.`);
    return parsed.data;
  }

  async function exchange(): Promise<{ token: string; until: number }> {
    const { token_endpoint } = await read(`${host}/oidc/.well-known/oauth-authorization-server`, discovery);
    const asked = clock();
    const secret = btoa(`${login.clientId}:${login.clientSecret}`);
    const granted = await read(token_endpoint, grant, {
      method: "POST",
      headers: { authorization: `Basic ${secret}`, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: "all-apis" }).toString(),
    });
    return { token: granted.access_token, until: asked + granted.expires_in * 1000 - MARGIN_MS };
  }

  return {
    async headers() {
      const seen = current;
      const known = await seen?.catch(() => undefined);
      // Whoever comes here second finds what the first has begun.
      if ((known === undefined || known.until <= clock()) && current === seen) current = exchange();
      const { token } = await (current ?? exchange());
      return { authorization: `Bearer ${token}` };
    },
    refused() {
      current = undefined;
      return true;
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
