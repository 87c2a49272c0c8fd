import { execFileSync } from "node:child_process";
import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export interface TokenServer {
  /** The part of the registry's configuration by which it trusts this server. */
  readonly auth: object;
  /** What was asked for: who, and the scopes. */
  readonly asked: { readonly who: string; readonly scopes: readonly string[] }[];
  stop(): Promise<void>;
}

const SERVICE = "registry of the test";
const ISSUER = "tokens of the test";

/**
 * Gives tokens as Docker's registry takes them, signed by RS256: to `me` with the password `secret word` or the refresh token
 * `a refresh token` all that is asked for, to anybody else `pull` of what is below `open/`.
 */
export async function startTokenServer(seconds = 300): Promise<TokenServer> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-tokens-"));
  const [keyFile, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const subject = ["-subj", "/CN=esteira test", "-days", "2"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, "-keyout", keyFile, "-out", certificate],
    { stdio: "ignore" },
  );
  const key = createPrivateKey(await readFile(keyFile));
  const x5c = [(await readFile(certificate, "utf8")).replace(/-----[A-Z ]+-----|\s/g, "")];
  const asked: { who: string; scopes: string[] }[] = [];
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

  const token = (who: string, scopes: readonly string[]): string => {
    const access = scopes.flatMap((scope) => {
      const [type, name = "", actions = ""] = scope.split(":");
      const given = who === "me" ? actions.split(",") : name.startsWith("open/") ? ["pull"] : [];
      return given.length === 0 ? [] : [{ type, name, actions: given }];
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: ISSUER,
      sub: who,
      aud: SERVICE,
      exp: now + seconds,
      nbf: now - 5,
      iat: now,
      jti: randomUUID(),
      access,
    };
    const signed = `${part({ typ: "JWT", alg: "RS256", x5c })}.${part(claims)}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`;
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    const form = new URLSearchParams(request.method === "POST" ? await text(request) : "");
    const [, word] = (request.headers.authorization ?? "").split(" ");
    const basic = word === undefined ? undefined : Buffer.from(word, "base64").toString("utf8");
    const isMe = basic === "me:secret word" || form.get("refresh_token") === "a refresh token";
    if (!isMe && (basic !== undefined || form.has("refresh_token"))) {
      response.writeHead(401).end(JSON.stringify({ details: `wrong: ${basic}` }));
      return;
    }
    const scopes = [...url.searchParams.getAll("scope"), ...form.getAll("scope")].flatMap((scope) => scope.split(" "));
    asked.push({ who: isMe ? "me" : "anybody", scopes });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ access_token: token(isMe ? "me" : "anybody", scopes), expires_in: seconds }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    auth: {
      token: {
        realm: `http://127.0.0.1:${address.port}/token`,
        service: SERVICE,
        issuer: ISSUER,
        rootcertbundle: certificate,
      },
    },
    asked,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
