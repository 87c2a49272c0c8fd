/** The versions of a model that decided in one span, beside each other. */

import { invalid } from "@esteira/core/errors";
import { compareVersions, type VersionComparison } from "@esteira/lifecycle/monitoring/compare-versions";
import { STANDARD_SETTINGS } from "@esteira/lifecycle/monitoring/settings";
import { labelsAsOf } from "../labels/labels-as-of.ts";
import { existingDays } from "../ledger/parts.ts";
import { CategoryCodes } from "./category-codes.ts";
import { decisionsOf } from "./ledger-report.ts";
import { readLedgerRows } from "./ledger-rows.ts";
import { modelInSpan } from "./model-in-span.ts";
import { readSteadily, type Span } from "./span.ts";

export interface CompareOptions {
  readonly ledger: string;
  /** The only one that decided unless given. */
  readonly model?: string | undefined;
  readonly champion: string;
  readonly challenger: string;
  /** Nothing that became known later is seen. Milliseconds. */
  readonly asOf: number;
  readonly window: Span;
  /** The feature that is the amount of money, where labels do not say it. */
  readonly amount?: string | undefined;
  readonly maturityDays?: number | undefined;
}

/** Throws RESOURCE_DOES_NOT_EXIST where there is no ledger, INVALID_PARAMETER_VALUE where one of the two decided nothing in the window. */
export async function compareOnLedger(options: CompareOptions): Promise<VersionComparison> {
  await existingDays(options.ledger);
  return readSteadily(async () => {
    const { ledger, window, asOf, amount } = options;
    const labels = await labelsAsOf(ledger, asOf);
    const read = async (version: string) => {
      const { name } = await modelInSpan(ledger, window, { model: options.model, version });
      const rows = await readLedgerRows(ledger, window, {
        ...{ model: { name, version }, amount, mostSampled: 0, codes: new CategoryCodes() },
      });
      if (rows.ids.length > 0) return decisionsOf(rows, labels, []);
      throw invalid(`${name} version ${version} decided nothing in this window: give another with --window.`);
    };
    const [champion, challenger] = [await read(options.champion), await read(options.challenger)];
    const maturityDays = options.maturityDays ?? STANDARD_SETTINGS.maturityDays;
    return compareVersions(champion, challenger, { asOf, maturityDays });
  });
}
