import { type Decisions, isKnownFraud } from "./decisions.ts";
import { type MaturityCurve, maturityCurve } from "./maturity.ts";

/** How soon the labels of one kind of fraud become known. */
export interface TypologyMaturity {
  readonly name: string;
  readonly curve: MaturityCurve;
}

/** Known frauds from before the window, from which delays are learned too. */
export interface EarlierFrauds {
  readonly times: ArrayLike<number>;
  readonly knownAt: ArrayLike<number>;
  /** Index into the typologies' names; without it they count for the delay of all alone. */
  readonly typology?: ArrayLike<number>;
}

/** The delays of each typology that has a known case, those with most cases first. `rows` are those of the window. */
export function maturityByTypology(
  decisions: Decisions,
  rows: ArrayLike<number>,
  earlier: EarlierFrauds | undefined,
  options: { readonly names: readonly string[]; readonly asOf: number },
): readonly TypologyMaturity[] {
  const { names, asOf } = options;
  const frauds = names.map(() => ({ times: [] as number[], knownAt: [] as number[] }));
  for (let i = 0; i < (earlier?.typology?.length ?? 0); i++) {
    frauds[earlier!.typology![i]!]?.times.push(earlier!.times[i]!);
    frauds[earlier!.typology![i]!]?.knownAt.push(earlier!.knownAt[i]!);
  }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!isKnownFraud(decisions, row, asOf)) continue;
    frauds[decisions.typology?.[row] ?? 0]?.times.push(decisions.time[row]!);
    frauds[decisions.typology?.[row] ?? 0]?.knownAt.push(decisions.knownAt[row]!);
  }
  return names
    .map((name, i) => ({ name, curve: maturityCurve({ ...frauds[i]!, asOf }) }))
    .filter(({ curve }, i) => i !== 0 && curve.cases > 0)
    .sort((a, b) => b.curve.cases - a.curve.cases);
}
