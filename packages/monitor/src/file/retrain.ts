import { z } from "zod";
import { duration } from "./duration.ts";
import { slug } from "./rule.ts";

/** What trains the model anew, and when. */
export const retrainSchema = z
  .strictObject({
    project: z.string().min(1).describe("The MLproject: a folder, or an address of a git repository."),
    version: z.string().min(1).optional().describe("A branch, tag or commit of that repository."),
    entryPoint: z.string().min(1).default("main").describe("Of the project."),
    parameters: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .default({})
      .describe("Of the entry point. {as_of} is the instant of the retraining, {ledger} the folder of the ledger."),
    model: z
      .string()
      .min(1)
      .default("model")
      .describe("The model that its run logs; STEP.NAME where a step of a workflow logs it."),
    experiment: z.string().min(1).default("retraining").describe("Of its runs."),
    on: z.array(slug).min(1).optional().describe("Rules that start it when they fire."),
    every: duration.optional().describe("How long after the last one the next begins, whatever fires."),
    cooldown: duration.optional().describe("Alerts start none so soon after the last one; 1d when absent."),
    unattended: z
      .boolean()
      .default(false)
      .describe("The new version may be promoted without a person's yes, where flow and policy ask for none."),
  })
  .refine(({ on, every }) => on !== undefined || every !== undefined, {
    error: "say when it begins: on: [RULE], or every: 30d",
  });

export type RetrainPlan = z.output<typeof retrainSchema>;
