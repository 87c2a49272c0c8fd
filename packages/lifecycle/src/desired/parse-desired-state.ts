import { readYaml, type YamlFault } from "../read-yaml.ts";
import { type DesiredState, desiredStateSchema } from "./desired-state.ts";

/**
 * Reads a `models.yaml`. Every fault is said with its place (`models.yaml:7:5`), all of them at once, as one
 * INVALID_PARAMETER_VALUE. `file` is the name that the message uses.
 */
export const parseDesiredState = (text: string, file = "models.yaml"): DesiredState =>
  readYaml(text, desiredStateSchema, { file, subject: "the file", contradictions: contradictionsIn });

/** What each part says well and all together cannot be: targets that are nowhere, or that two aliases want. */
function contradictionsIn({ models, targets }: DesiredState): readonly YamlFault[] {
  const faults: YamlFault[] = [];
  const served = new Map<string, string>();
  for (const [model, { aliases }] of Object.entries(models)) {
    for (const [alias, wanted] of Object.entries(aliases)) {
      const target = wanted?.target;
      if (target === undefined) continue;
      const path = ["models", model, "aliases", alias, "target"];
      if (!Object.hasOwn(targets, target)) {
        const known = Object.keys(targets).join(", ") || "none";
        faults.push({ path, message: `there is no target ${target}; targets has ${known}` });
      }
      const other = served.get(target);
      if (other !== undefined)
        faults.push({ path, message: `${target} serves ${other} already: give each alias a target of its own` });
      served.set(target, `${model}@${alias}`);
    }
  }
  return faults;
}
