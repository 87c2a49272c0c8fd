import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import type { CredentialSource, Credentials } from "../registry/credentials.ts";
import { credentialKey, parseReference, versionOf } from "../registry/reference.ts";
import { type Engine, EngineError } from "./engine.ts";

const imageWire = z.object({
  Id: z.string(),
  Config: z.object({ Entrypoint: z.array(z.string()).nullish() }).nullish(),
});

export interface EngineImage {
  readonly id: string;
  /** How Node is started in it. */
  readonly node: string;
}

/** The engine's own image of this name; pulled when it is not there. Anew when a tag is named, which may have been moved. */
export async function ensureImage(
  engine: Engine,
  reference: string,
  credentials: CredentialSource,
  signal: AbortSignal | undefined,
): Promise<EngineImage> {
  const present = await inspect(engine, reference, signal);
  if (present !== undefined && parseReference(reference).digest !== undefined) return present;
  try {
    await pull(engine, reference, credentials, signal);
  } catch (error) {
    // What was loaded from a file is at no registry.
    if (present !== undefined && error instanceof EsteiraError) return present;
    throw error;
  }
  const pulled = await inspect(engine, reference, signal);
  if (pulled !== undefined) return pulled;
  throw new EsteiraError(
    "RESOURCE_DOES_NOT_EXIST",
    `The container engine does not have the image ${reference}, though it pulled it.`,
  );
}

const inspect = (engine: Engine, reference: string, signal: AbortSignal | undefined) => {
  const { registry, repository, digest } = parseReference(reference);
  // With tag and digest both, some engines find neither.
  return engineImage(
    engine,
    digest === undefined ? reference : `${registry}/${repository}@${digest}`,
    reference,
    signal,
  );
};

/** By name or by the engine's own id; undefined when it is not there. */
export async function engineImage(
  engine: Engine,
  name: string,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<EngineImage | undefined> {
  try {
    const call = { method: "GET", path: `/images/${name}/json`, doing: `say what ${reference} is`, signal } as const;
    const { Id, Config } = await engine.call(call, imageWire);
    const node = Config?.Entrypoint?.[0];
    if (node !== undefined) return { id: Id, node };
    throw new EsteiraError(
      "INVALID_PARAMETER_VALUE",
      `The image ${reference} is none that 'esteira build' made: it has no entrypoint.`,
    );
  } catch (error) {
    if (error instanceof EngineError && error.httpStatus === 404) return undefined;
    throw error;
  }
}

const lineWire = z.object({ error: z.string() });

async function pull(
  engine: Engine,
  reference: string,
  credentials: CredentialSource,
  signal: AbortSignal | undefined,
): Promise<void> {
  const parsed = parseReference(reference);
  const kept = await credentials(parsed);
  const stream = await engine.stream({
    method: "POST",
    path: "/images/create",
    query: { fromImage: `${parsed.registry}/${parsed.repository}`, tag: versionOf(parsed) },
    headers: kept === undefined ? {} : { "x-registry-auth": authOf(kept, parsed.registry) },
    doing: `pull ${reference}`,
    signal,
  });
  let text = "";
  for await (const piece of stream) text = (text + Buffer.from(piece).toString("utf8")).slice(-64_000);
  for (const line of text.split("\n")) {
    const said = lineWire.safeParse(parsedOr(line)).data?.error;
    if (said === undefined) continue;
    throw new EsteiraError("BAD_REQUEST", `The container engine does not pull ${reference}: ${said.slice(0, 400)}.`);
  }
}

function authOf(credentials: Credentials, registry: string): string {
  const serveraddress = credentialKey(registry);
  const auth =
    credentials.kind === "password"
      ? { username: credentials.username, password: credentials.password, serveraddress }
      : credentials.kind === "identity"
        ? { identitytoken: credentials.token, serveraddress }
        : { registrytoken: credentials.token, serveraddress };
  return Buffer.from(JSON.stringify(auth)).toString("base64url");
}

function parsedOr(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
