import type { FastifyRequest } from "fastify";

/** What a request says about who sends it, before anything of it is believed. */
export type Credentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  | { readonly kind: "token"; readonly token: string; readonly username?: string }
  | { readonly kind: "session"; readonly secret: string }
  | { readonly kind: "malformed" };

/** Users of MLflow's client who have only a token put it where the password goes, under any of these names or their own. */
export const TOKEN_USERNAMES: ReadonlySet<string> = new Set(["token", "__token__"]);

const TOKEN_PREFIX = "est_";

/** The Authorization header counts alone where there is one; else the session of the browser. */
export function credentialsOf(request: FastifyRequest, cookieName: string): Credentials | undefined {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined && authorization !== "") return fromHeader(authorization);
  const secret = cookieValue(cookie, cookieName);
  return secret === undefined || secret === "" ? undefined : { kind: "session", secret };
}

function fromHeader(header: string): Credentials {
  const match = /^(basic|bearer) +(\S+)$/i.exec(header.trim());
  const [, scheme = "", value = ""] = match ?? [];
  if (scheme.toLowerCase() === "bearer") return { kind: "token", token: value };
  if (scheme.toLowerCase() !== "basic" || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return { kind: "malformed" };
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return { kind: "malformed" };
  const [username, password] = [text.slice(0, colon), text.slice(colon + 1)];
  return password.startsWith(TOKEN_PREFIX)
    ? { kind: "token", token: password, username }
    : { kind: "password", username, password };
}

export function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}
