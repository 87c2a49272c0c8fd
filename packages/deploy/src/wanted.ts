import { invalid } from "@esteira/core/errors";
import { z } from "zod";

const uri = z.string().min(1);
const image = z.string().min(1);

/** Names of deployments are names of folders and hosts too. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Which models answer under a name. URIs are MLflow's: `models:/NAME/VERSION`, `models:/NAME@ALIAS`, a folder. */
export const wantedWire = z.strictObject({
  name: z.string().regex(NAME, "must be of letters, digits, dots, dashes and underscores, 100 at most"),
  /** Answers. */
  model: uri,
  /** What has the model in it, where images are run: `REGISTRY/PATH@sha256:DIGEST`. */
  image: image.optional(),
  /** Answers a share of the requests (0 to 1) in the model's place. */
  canary: z.strictObject({ model: uri, share: z.number().min(0).max(1), image: image.optional() }).optional(),
  /** Is asked too, after the answer; its answers are compared and dropped. */
  shadow: uri.optional(),
  /** What has the shadow in it, where images are run. */
  shadowImage: image.optional(),
  /** Where it listens; any free port when it is absent, which it then keeps. */
  port: z.int().min(1).max(65_535).optional(),
});
export type Wanted = z.output<typeof wantedWire>;

/** @throws EsteiraError INVALID_PARAMETER_VALUE with the field that is wrong. */
export function checkWanted(wanted: Wanted): Wanted {
  const { data, error } = wantedWire.safeParse(wanted);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw invalid(`The deployment's ${issue?.path.join(".") || "fields"}: ${issue?.message ?? "not understood"}.`);
}

/** What leads from the one to the other, a sentence each. */
export function changesBetween(from: Wanted | undefined, to: Wanted): readonly string[] {
  if (from === undefined) {
    const beside = [
      ...(to.canary === undefined ? [] : [canaryText(to.canary)]),
      ...(to.shadow === undefined ? [] : [`${to.shadow} as its shadow`]),
    ];
    return [[`serve ${to.model} as ${to.name}`, ...beside].join(", with ")];
  }
  const said: string[] = [];
  if (from.model !== to.model) said.push(`serve ${to.model} in place of ${from.model}`);
  if (from.image !== to.image && from.model === to.model && to.image !== undefined)
    said.push(`run the image ${to.image}${from.image === undefined ? "" : ` in place of ${from.image}`}`);
  const [old, young] = [from.canary && canaryText(from.canary), to.canary && canaryText(to.canary)];
  if (old !== young) said.push(young === undefined ? `end ${old}` : `begin ${young}`);
  if (old === young && to.canary?.image !== undefined && from.canary?.image !== to.canary.image)
    said.push(`run the image ${to.canary.image} for the canary`);
  if (from.shadow !== to.shadow)
    said.push(to.shadow === undefined ? `end the shadow ${from.shadow}` : `let ${to.shadow} be the shadow`);
  else if (to.shadow !== undefined && to.shadowImage !== undefined && from.shadowImage !== to.shadowImage)
    said.push(`run the image ${to.shadowImage} for the shadow`);
  if (from.port !== to.port && to.port !== undefined) said.push(`listen on port ${to.port}`);
  return said;
}

const canaryText = ({ model, share }: NonNullable<Wanted["canary"]>): string =>
  `${model} as the canary of ${(share * 100).toLocaleString("en", { maximumFractionDigits: 2 })} % of the requests`;
