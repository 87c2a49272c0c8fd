import { invalid } from "@esteira/core/errors";
import { nestsTooDeep } from "@esteira/core/yaml-depth";
import { type Document, isMap, LineCounter, parseDocument } from "yaml";
import { keyOffset, offsetOf, oneLine } from "../yaml-places.ts";
import { type DesiredState, desiredStateSchema } from "./desired-state.ts";

interface Fault {
  readonly offset: number;
  readonly message: string;
}

/**
 * Reads a `models.yaml`. Every fault is said with its place (`models.yaml:7:5`), all of them at once, as one
 * INVALID_PARAMETER_VALUE. `file` is the name that the message uses.
 */
export function parseDesiredState(text: string, file = "models.yaml"): DesiredState {
  if (nestsTooDeep(text)) throw invalid(`${file}: it nests too deep to say what models are to be.`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const refuse = (faults: readonly Fault[]) => {
    const said = [...faults].sort((a, b) => a.offset - b.offset);
    return invalid(
      said
        .map(({ offset, message }) => {
          const { line, col } = lines.linePos(offset);
          return `${file}:${line}:${col}: ${oneLine(message)}`;
        })
        .join("\n"),
    );
  };
  if (document.errors.length > 0) {
    throw refuse(document.errors.map((error) => ({ offset: error.pos[0], message: error.message })));
  }
  const parsed = desiredStateSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (!parsed.success) {
    throw refuse(
      parsed.error.issues.flatMap((issue) => {
        const path = issue.path.filter((part) => typeof part !== "symbol");
        const subject = path.join(".") || "the file";
        if (issue.code !== "unrecognized_keys") {
          // A key that is no name is where the fault is, and not what stands behind it.
          const at = issue.code === "invalid_key" ? keyPlace(document, path) : offsetOf(document, path);
          return [{ offset: at, message: `${subject}: ${innermost(issue)}` }];
        }
        const map = document.getIn(path, true);
        return issue.keys.map((key) => ({
          offset: (isMap(map) ? keyOffset(map, key) : undefined) ?? offsetOf(document, path),
          message: `${subject} has no setting ${key}`,
        }));
      }),
    );
  }
  const contradictions = contradictionsIn(parsed.data, document);
  if (contradictions.length > 0) throw refuse(contradictions);
  return parsed.data;
}

function keyPlace(document: Document, path: readonly PropertyKey[]): number {
  const map = document.getIn(path.slice(0, -1), true);
  return (isMap(map) ? keyOffset(map, String(path.at(-1))) : undefined) ?? offsetOf(document, path);
}

const innermost = (issue: {
  readonly message: string;
  readonly issues?: readonly { readonly message: string }[];
}): string => issue.issues?.[0]?.message ?? issue.message;

/** What each part says well and all together cannot be: targets that are nowhere, or that two aliases want. */
function contradictionsIn({ models, targets }: DesiredState, document: Document): readonly Fault[] {
  const faults: Fault[] = [];
  const served = new Map<string, string>();
  for (const [model, { aliases }] of Object.entries(models)) {
    for (const [alias, wanted] of Object.entries(aliases)) {
      const target = wanted?.target;
      if (target === undefined) continue;
      const offset = offsetOf(document, ["models", model, "aliases", alias, "target"]);
      if (!Object.hasOwn(targets, target)) {
        const known = Object.keys(targets).join(", ") || "none";
        faults.push({ offset, message: `there is no target ${target}; targets has ${known}` });
      }
      const other = served.get(target);
      if (other !== undefined)
        faults.push({ offset, message: `${target} serves ${other} already: give each alias a target of its own` });
      served.set(target, `${model}@${alias}`);
    }
  }
  return faults;
}
