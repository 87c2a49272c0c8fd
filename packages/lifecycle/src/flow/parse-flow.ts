import { flowSpecWire } from "@esteira/core/flow/flow-spec";
import { z } from "zod";
import { readYaml } from "../read-yaml.ts";

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
export const parseFlow = (text: string, name = "flow.yaml"): FlowFile =>
  readYaml(text, flowFileSchema, { file: name, subject: "the flow" });
