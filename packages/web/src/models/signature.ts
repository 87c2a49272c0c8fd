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

const modelFile = z.looseObject({
  signature: z
    .looseObject({ inputs: z.string().nullish(), outputs: z.string().nullish(), params: z.string().nullish() })
    .nullish(),
});

/** The signature that an MLmodel file (YAML) names; undefined when it names none or is not such a file. */
export async function signatureOf(text: string): Promise<Signature | undefined> {
  // Only this page reads YAML: its parser is not part of what every page loads.
  const { parse } = await import("yaml");
  const signature = modelFile.safeParse(attempt(() => parse(text))).data?.signature;
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
