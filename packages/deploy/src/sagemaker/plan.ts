/** What a change of a deployment is, in sentences and in AWS's own documents. Pure. */

import { isDeepStrictEqual } from "node:util";
import { changesBetween } from "../wanted.ts";
import type { Requests } from "./requests.ts";
import type { Revision } from "./revision.ts";
import { isScaled, type Settings } from "./settings.ts";

/** None when it is so already. Variables are named, never said. */
export function planOf(
  from: Revision | undefined,
  to: Revision,
  { models, config, guardrails }: Requests,
): readonly string[] {
  const { name } = to.wanted;
  const changes = changesBetween(from?.wanted, to.wanted);
  const settings = from === undefined ? [] : settingChanges(from.settings, to.settings);
  const parts = isDeepStrictEqual(from?.parts ?? {}, to.parts) ? [] : partChanges(to);
  if (from !== undefined && changes.length + settings.length + parts.length === 0) return [];
  if (from !== undefined && isShareAlone(from, to)) return [...changes, `move the weights of the endpoint ${name}`];
  const scaled = to.settings;
  return [
    ...changes,
    ...settings,
    ...parts,
    ...models.map(
      ({ ModelName, PrimaryContainer }) => `have the model ${ModelName}, of the image ${PrimaryContainer?.Image}`,
    ),
    `create the endpoint configuration ${config.EndpointConfigName}: ${variantsText(config)}`,
    from === undefined
      ? `create the endpoint ${name}`
      : `update the endpoint ${name}${guardrailsText(to.settings, guardrails)}`,
    ...(isScaled(scaled) ? [`scale its instances from ${scaled.instances} to ${scaled.maxInstances}`] : []),
  ];
}

/** Nothing differs but the share of the same canary: the weights of the endpoint say it. */
export function isShareAlone(from: Revision, to: Revision): boolean {
  if (from.wanted.canary === undefined || to.wanted.canary === undefined) return false;
  const share = to.wanted.canary.share;
  if (from.wanted.canary.share === share) return false;
  return isDeepStrictEqual({ ...from, wanted: { ...from.wanted, canary: { ...from.wanted.canary, share } } }, to);
}

function settingChanges(from: Settings, to: Settings): readonly string[] {
  const before = new Map<string, unknown>(Object.entries(from));
  return Object.entries(to)
    .filter(([key, value]) => !isDeepStrictEqual(before.get(key), value))
    .map(
      ([key, value]) => `change its ${key}${key === "env" ? ` (${names(from.env, to.env)})` : ` to ${shown(value)}`}`,
    )
    .concat([...before.keys()].filter((key) => !(key in to)).map((key) => `take back its ${key}`));
}

const shown = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));

function names(from: Settings["env"], to: Settings["env"]): string {
  const all = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return all.filter((key) => from[key] !== to[key]).join(", ");
}

const partChanges = ({ parts }: Revision): readonly string[] =>
  Object.keys(parts).length === 0
    ? ["take the models from their images"]
    : Object.entries(parts).map(([part, value]) => `take the model of the ${part} from ${value}`);

function variantsText({ ProductionVariants = [], ShadowProductionVariants = [] }: Requests["config"]): string {
  const all = [
    ...ProductionVariants.map((one) => ({ ...one, what: `${one.VariantName}, weight ${one.InitialVariantWeight}` })),
    ...ShadowProductionVariants.map((one) => ({ ...one, what: "shadow" })),
  ];
  return all
    .map(({ what, InstanceType, InitialInstanceCount, ServerlessConfig }) =>
      ServerlessConfig === undefined
        ? `${what}, ${InitialInstanceCount} ${InstanceType}`
        : `${what}, serverless with ${ServerlessConfig.MemorySizeInMB} MB`,
    )
    .join("; ");
}

function guardrailsText(
  { strategy, stepPercent, stepSeconds, alarms }: Settings,
  guardrails: Requests["guardrails"],
): string {
  if (guardrails === undefined) return "";
  const how =
    strategy === "canary"
      ? `${stepPercent} % of its instances first, the others ${stepSeconds} seconds later`
      : strategy === "linear"
        ? `in steps of ${stepPercent} % every ${stepSeconds} seconds`
        : "all its instances at once";
  return `: ${how}${alarms.length === 0 ? "" : `; undone by the alarms ${alarms.join(", ")}`}`;
}
