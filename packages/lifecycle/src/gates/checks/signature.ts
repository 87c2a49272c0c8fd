import type { ColumnSpec, ModelSignature, Schema } from "@esteira/models/format/signature";
import { isTensorSchema } from "@esteira/models/format/signature";
import { z } from "zod";
import { common, defineCheck, lacking, noChampion } from "./check.ts";

/** What a caller of each type may be answered by: the type itself, and those that hold all of its values. */
const WIDER: Readonly<Record<string, readonly string[]>> = { integer: ["long", "double"], float: ["double"] };

/** A caller of the champion can call the candidate without a change. */
export const signatureCheck = defineCheck({
  proves: "Who calls the champion can call the candidate with the same request, and reads the same kind of answer.",
  inputs: ["signatures"],
  settings: z.strictObject({ check: z.literal("signature"), ...common }),
  title: () => "signature fits the champion's callers",
  judge(_settings, { signatures }) {
    if (signatures === undefined) return lacking("The signatures of both models");
    const { candidate, champion } = signatures;
    if (champion === null)
      return noChampion("There is no champion yet whose callers the candidate would have to serve.");
    if (candidate?.inputs === undefined || champion?.inputs === undefined) {
      const who = candidate?.inputs === undefined ? "candidate" : "champion";
      return {
        status: "not_enough_evidence",
        found: "no signature",
        reason: `The ${who} has no signature of its inputs: nobody can tell what a caller must send.`,
        evidence: {},
      };
    }
    const faults = [
      ...inputFaults(champion.inputs, candidate.inputs),
      ...outputFaults(champion.outputs, candidate.outputs),
      ...paramFaults(champion, candidate),
    ];
    const evidence = {
      champion_inputs: champion.inputs.length,
      candidate_inputs: candidate.inputs.length,
      faults: faults.length,
    };
    const [first] = faults;
    if (first === undefined) {
      return {
        status: "passed",
        found: candidate.inputs.length === 1 ? "its input fits" : `${candidate.inputs.length} inputs fit`,
        reason: "Every input is what the champion's callers send; the answer is of the same kind.",
        evidence,
      };
    }
    const sentence = faults.slice(0, 5).join("; ");
    return {
      status: "refused",
      found: faults.length === 1 ? first : `${faults.length} breaks`,
      reason: `${sentence[0]!.toUpperCase()}${sentence.slice(1)}${faults.length > 5 ? `; and ${faults.length - 5} more` : ""}.`,
      evidence: { ...evidence, first },
    };
  },
});

/** Inputs that callers of `before` do not send as `after` needs them. Columns that `after` no longer reads harm nobody. */
function inputFaults(before: Schema, after: Schema): string[] {
  if (isTensorSchema(before) || isTensorSchema(after))
    return same(before, after) ? [] : ["the input tensors are not the champion's"];
  return after.flatMap((column, at) => {
    const sent = column.name === undefined ? before[at] : before.find(({ name }) => name === column.name);
    const name = `input ${column.name ?? at}`;
    if (sent === undefined) return column.required ? [`${name} is new and required`] : [];
    const faults: string[] = [];
    if (!takes(column, sent)) faults.push(`${name} was ${sent.type} and is ${column.type}`);
    if (column.required && !sent.required) faults.push(`${name} was optional and is required`);
    return faults;
  });
}

const takes = (column: ColumnSpec, sent: ColumnSpec): boolean =>
  (column.type === sent.type && same(column.nested, sent.nested)) || (WIDER[sent.type] ?? []).includes(column.type);

function outputFaults(before: Schema | undefined, after: Schema | undefined): string[] {
  if (before === undefined || same(before, after)) return [];
  return [after === undefined ? "the answer is no longer described" : "the answer is of another kind"];
}

function paramFaults(before: ModelSignature, after: ModelSignature): string[] {
  return (before.params ?? []).flatMap((param) => {
    const now = after.params?.find(({ name }) => name === param.name);
    if (now === undefined) return [`the parameter ${param.name} is gone`];
    return now.type === param.type && same(now.shape, param.shape)
      ? []
      : [`the parameter ${param.name} has another type`];
  });
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
