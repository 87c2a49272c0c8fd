import { nestsTooDeep } from "@esteira/core/yaml-depth";
import { z } from "zod";

const field = z.looseObject({
  name: z.string().optional(),
  type: z.string().default(""),
  required: z.boolean().optional(),
  default: z.unknown().optional(),
});
export type Field = z.output<typeof field>;

export interface Signature {
  readonly inputs: readonly Field[];
  readonly outputs: readonly Field[];
  readonly params: readonly Field[];
}

/** Characters: a signature of ten thousand columns fits. More than that would hold the page up while it is read. */
const LONGEST_FILE = 2_000_000;

const modelFile = z.looseObject({
  signature: z
    .looseObject({ inputs: z.string().nullish(), outputs: z.string().nullish(), params: z.string().nullish() })
    .nullish(),
});

/** The signature that an MLmodel file (YAML) names; undefined when it names none, is not such a file, or is far too long. */
export async function signatureOf(text: string): Promise<Signature | undefined> {
  if (text.length > LONGEST_FILE || nestsTooDeep(text)) return undefined;
  // Only this page reads YAML: its parser is not part of what every page loads.
  const { parse } = await import("yaml");
  const signature = modelFile.safeParse(
    attempt(() => parse(text, { schema: "core", maxAliasCount: 50, uniqueKeys: true, logLevel: "error" })),
  ).data?.signature;
  if (!signature) return undefined;
  return { inputs: fields(signature.inputs), outputs: fields(signature.outputs), params: fields(signature.params) };
}

/** Names of the columns that a model takes; none for tensors. */
export const inputNames = async (text: string): Promise<readonly string[]> =>
  ((await signatureOf(text))?.inputs ?? []).flatMap(({ name }) => (name === undefined ? [] : [name]));

const fields = (json: string | null | undefined): readonly Field[] =>
  json ? (z.array(field).safeParse(attempt(() => JSON.parse(json))).data ?? []) : [];

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}
