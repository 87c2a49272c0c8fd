import { invalid } from "@esteira/core/errors";

/** Metrics that are better when they are larger; XGBoost's own list, for those that a binary classifier has. */
const LARGER_IS_BETTER = /^(auc|aucpr|map|ndcg|pre)(@.*)?$/;

/** Remembers the best round of one metric, and says when `patience` rounds have passed without a better one. */
export class EarlyStopping {
  readonly #metric: string;
  readonly #patience: number;
  readonly #sign: number;
  #best: { readonly round: number; readonly score: number } | undefined;

  constructor(metric: string, patience: number) {
    this.#metric = metric;
    this.#patience = patience;
    this.#sign = LARGER_IS_BETTER.test(metric) ? 1 : -1;
  }

  get best(): { readonly round: number; readonly score: number } | undefined {
    return this.#best;
  }

  /** Only a strictly better score moves the best round, as in XGBoost. */
  observe(round: number, score: number | undefined): "go on" | "stop" {
    if (score === undefined || Number.isNaN(score)) {
      throw invalid(
        `The metric ${this.#metric} has no value on the validation data in round ${round}; choose another.`,
      );
    }
    if (this.#best === undefined || this.#sign * score > this.#sign * this.#best.score) {
      this.#best = { round, score };
    }
    return this.#patience > 0 && round - this.#best.round >= this.#patience ? "stop" : "go on";
  }
}
