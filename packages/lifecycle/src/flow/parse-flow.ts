import { flowFields, targetFaults } from "@esteira/core/flow/flow-spec";
import { z } from "zod";
import { readYaml } from "../read-yaml.ts";

const file = z.string().min(1);
const gateFields = flowFields.shape.gate.unwrap().omit({ rules: true });
const stagingFields = flowFields.shape.staging.unwrap();

/** A flow as its file holds it: files by their paths, where the flow itself has their content. */
const flowFileSchema = flowFields
  .extend({ gate: gateFields.extend({ file }).optional(), staging: stagingFields.default({}) })
  .superRefine((fields, { addIssue }) => {
    for (const fault of targetFaults(fields)) addIssue({ code: "custom", ...fault });
  });
export type FlowFile = z.output<typeof flowFileSchema>;

/**
 * Reads a flow's file. Every fault is said with its place (`flow.yaml:7:5`), all of them at once, as one
 * INVALID_PARAMETER_VALUE. `name` is the name that the message uses.
 */
export const parseFlow = (text: string, name = "flow.yaml"): FlowFile =>
  readYaml(text, flowFileSchema, { file: name, subject: "the flow" });
