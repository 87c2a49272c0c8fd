import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import type { CredentialSource, Credentials } from "../registry/credentials.ts";
import { credentialKey, parseReference, versionOf } from "../registry/reference.ts";
import { type Engine, EngineError } from "./engine.ts";

const imageWire = z.object({
  Id: z.string(),
  Config: z.object({ Entrypoint: z.array(z.string()).nullish(), User: z.string().nullish() }).nullish(),
});

/** An image that the engine has. */
export interface PresentImage {
  readonly id: string;
  /** What it starts by itself, where it does. */
  readonly program?: string;
  /** As whom, where it is not root. */
  readonly user?: string;
}

/** One that 'esteira build' has made. */
export interface EngineImage {
  readonly id: string;
  /** How Node is started in it. */
  readonly node: string;
}

/** The engine's own image of this name; pulled when it is not there. Anew when a tag is named, which may have been moved. */
export async function ensurePresent(
  engine: Engine,
  reference: string,
  credentials: CredentialSource,
  signal: AbortSignal | undefined,
): Promise<PresentImage> {
  const { registry, repository, digest } = parseReference(reference);
  // With tag and digest both, some engines find neither.
  const name = digest === undefined ? reference : `${registry}/${repository}@${digest}`;
  const present = await presentImage(engine, name, reference, signal);
  if (present !== undefined && digest !== undefined) return present;
  try {
    await pull(engine, reference, credentials, signal);
  } catch (error) {
    // What was loaded from a file is at no registry.
    if (present !== undefined && error instanceof EsteiraError) return present;
    throw error;
  }
  const pulled = await presentImage(engine, name, reference, signal);
  if (pulled !== undefined) return pulled;
  throw new EsteiraError(
    "RESOURCE_DOES_NOT_EXIST",
    `The container engine does not have the image ${reference}, though it pulled it.`,
  );
}

/** As `ensurePresent`, for one that 'esteira build' has made. */
export const ensureImage = async (
  engine: Engine,
  reference: string,
  credentials: CredentialSource,
  signal: AbortSignal | undefined,
): Promise<EngineImage> => own(await ensurePresent(engine, reference, credentials, signal), reference);

/** By the engine's own id; undefined when it is not there. */
export async function engineImage(
  engine: Engine,
  id: string,
  signal: AbortSignal | undefined,
): Promise<EngineImage | undefined> {
  const present = await presentImage(engine, id, id, signal);
  return present && own(present, id);
}

function own({ id, program }: PresentImage, reference: string): EngineImage {
  if (program !== undefined) return { id, node: program };
  throw new EsteiraError(
    "INVALID_PARAMETER_VALUE",
    `The image ${reference} is none that 'esteira build' made: it has no entrypoint.`,
  );
}

async function presentImage(
  engine: Engine,
  name: string,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<PresentImage | undefined> {
  try {
    const call = { method: "GET", path: `/images/${name}/json`, doing: `say what ${reference} is`, signal } as const;
    const { Id, Config } = await engine.call(call, imageWire);
    const program = Config?.Entrypoint?.[0];
    const user = Config?.User || undefined;
    return { id: Id, ...(program === undefined ? {} : { program }), ...(user === undefined ? {} : { user }) };
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
