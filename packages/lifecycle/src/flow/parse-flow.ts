import { invalid } from "@esteira/core/errors";
import { flowSpecWire } from "@esteira/core/flow/flow-spec";
import { nestsTooDeep } from "@esteira/core/yaml-depth";
import { isMap, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { keyOffset, offsetOf, oneLine } from "../yaml-places.ts";

const file = z.string().min(1);
const gateFields = flowSpecWire.shape.gate.unwrap().omit({ rules: true });
const stagingFields = flowSpecWire.shape.staging.unwrap();

/** A flow as its file holds it: files by their paths, where the flow itself has their content. */
const flowFileSchema = flowSpecWire.extend({
  gate: gateFields.extend({ file }).optional(),
  staging: stagingFields.default({}),
});
export type FlowFile = z.output<typeof flowFileSchema>;

/**
 * Reads a flow's file. Every fault is said with its place (`flow.yaml:7:5`), all of them at once, as one
 * INVALID_PARAMETER_VALUE. `name` is the name that the message uses.
 */
export function parseFlow(text: string, name = "flow.yaml"): FlowFile {
  if (nestsTooDeep(text)) throw invalid(`${name}: it nests too deep to be a flow.`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    throw invalid(document.errors.map((error) => `${place(error.pos[0])}: ${oneLine(error.message)}`).join("\n"));
  const parsed = flowFileSchema.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== "symbol");
    const subject = path.join(".").replace(/\.(\d+)/g, "[$1]") || "the flow";
    if (issue.code !== "unrecognized_keys")
      return [{ offset: offsetOf(document, path), message: `${subject}: ${oneLine(issue.message)}` }];
    const map = path.length === 0 ? document.contents : document.getIn(path, true);
    return issue.keys.map((key) => ({
      offset: (isMap(map) ? keyOffset(map, key) : undefined) ?? offsetOf(document, path),
      message: `${subject} has no setting ${key}`,
    }));
  });
  faults.sort((a, b) => a.offset - b.offset);
  throw invalid(faults.map(({ offset, message }) => `${place(offset)}: ${message}`).join("\n"));
}
