import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { invalid } from "@esteira/core/errors";
import { nestsTooDeep } from "@esteira/core/yaml-depth";
import { parse as parseYaml } from "yaml";
import { z } from "zod";

/** Which column of a file is what, and how to read it. */
const mappingSchema = z.strictObject({
  columns: z
    .strictObject({
      id: z.string().min(1),
      time: z.string().min(1),
      payer: z.string().min(1),
      payee: z.string().min(1),
      amount: z.string().min(1),
      /** 1 or true where a fraud is known. */
      label: z.string().min(1),
      /** The cause of the fraud, 0 none. */
      scenario: z.string().min(1).optional(),
      /** When the label became known; without it, `labelDelayDays` after the transfer. */
      knownAt: z.string().min(1).optional(),
    })
    .describe("Names of the file's columns."),
  labelDelayDays: z.number().min(0).max(365).default(0),
  /** Of times that carry no zone of their own, and of the customer's clock. */
  utcOffsetHours: z.number().min(-12).max(14).default(-3),
  amountUnit: z.enum(["major", "cents"]).default("major"),
  /** Payers and payees are different things (cards and shops): the same name is then two accounts. */
  separatePayees: z.boolean().default(false),
  /** Rows of one instant are ordered by the id, a whole number. */
  orderById: z.boolean().default(false),
});

export type Mapping = z.output<typeof mappingSchema>;

const PRESETS: Readonly<Record<string, z.input<typeof mappingSchema>>> = {
  default: {
    columns: { id: "id", time: "time", payer: "payer", payee: "payee", amount: "amount", label: "label" },
  },
  /** The Fraud Detection Handbook's simulated card transactions: a fraud is known 7 days later. */
  fdh: {
    columns: {
      id: "TRANSACTION_ID",
      time: "TX_DATETIME",
      payer: "CUSTOMER_ID",
      payee: "TERMINAL_ID",
      amount: "TX_AMOUNT",
      label: "TX_FRAUD",
      scenario: "TX_FRAUD_SCENARIO",
    },
    labelDelayDays: 7,
    utcOffsetHours: 0,
    separatePayees: true,
    orderById: true,
  },
};

/** A preset by name, or a mapping file (YAML or JSON). */
export async function readMapping(nameOrFile: string): Promise<Mapping> {
  const preset = Object.hasOwn(PRESETS, nameOrFile) ? PRESETS[nameOrFile] : undefined;
  if (preset) return mappingSchema.parse(preset);
  if (!/^\.(ya?ml|json)$/.test(extname(nameOrFile))) {
    throw invalid(
      `The mapping '${nameOrFile}' is neither a preset (${Object.keys(PRESETS).join(", ")}) nor a .yaml or .json file.`,
    );
  }
  let document: unknown;
  try {
    const text = await readFile(nameOrFile, "utf8");
    if (nestsTooDeep(text)) throw new Error("it nests too deep");
    document = parseYaml(text);
  } catch (error) {
    throw invalid(
      `The mapping '${nameOrFile}' cannot be read: ${error instanceof Error ? error.message.split("\n")[0] : error}.`,
    );
  }
  const parsed = mappingSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(
    `The mapping '${nameOrFile}' is not valid: ${issue?.path.join(".") || "the document"}: ${issue?.message}.`,
  );
}
