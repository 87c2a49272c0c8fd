import { figuresOf } from "./figures.ts";
import type { Pattern } from "./pattern-scan.ts";
import type { ReasonWords } from "./reason-words.ts";

const { percent, number, count, date, decimals, moment } = figuresOf("en");

const joined = ({ parts }: Pattern): string =>
  parts
    .map(({ feature, from, to }) => {
      if (Number.isNaN(from)) return `no ${feature}`;
      if (from === Number.NEGATIVE_INFINITY) return `${feature} below ${number(to)}`;
      return to === Number.POSITIVE_INFINITY
        ? `${feature} from ${number(from)} on`
        : `${feature} from ${number(from)} to ${number(to)}`;
    })
    .join(", ");

export const englishReasons: ReasonWords = {
  nothingFound: () => "Nothing has changed beyond what chance explains.",
  noTraffic: () => "No transfer was scored in this window: check that the model receives traffic.",
  noMatureCohort: ({ maturityDays }) =>
    `No cohort is ${count(maturityDays)} days old yet, so realised performance cannot be stated; what is known so far is shown apart.`,
  alertRateHigh: ({ rate, budget }) =>
    `${percent(rate)} of the transfers are alerted and the desk can work ${percent(budget)}: review the threshold or the capacity.`,
  alertRateLow: ({ rate, budget }) =>
    `Only ${percent(rate)} of the transfers are alerted, of a budget of ${percent(budget)}: fraud may be passing that the desk could see.`,
  latencyHigh: ({ p99, limit }) =>
    `One answer in a hundred takes longer than ${number(p99)} ms (limit ${number(limit)} ms).`,
  scoreDrift: ({ psi }) => `The scores are distributed differently than in training (PSI ${decimals(psi, 2)}).`,
  featureDrift: ({ feature, psi, importance, others }) =>
    `${feature} has moved (PSI ${decimals(psi, 2)}) and carries ${percent(importance)} of the model${others > 0 ? `; ${count(others)} more ${others === 1 ? "feature has" : "features have"} moved` : ""}.`,
  domainMoved: ({ auc, low, high, features }) =>
    `Together the features tell these transfers from those of the training (AUC ${decimals(auc, 2)}, ${decimals(low, 2)} to ${decimals(high, 2)}; 0.5 is no difference), by ${features.join(", ")} above all.`,
  togetherMoved: ({ auc, low, high, features }) =>
    auc > 0.5
      ? `Features do not go together as they did in the training: what principal components lose of these transfers tells them apart (AUC ${decimals(auc, 2)}, ${decimals(low, 2)} to ${decimals(high, 2)}; 0.5 is no difference), most of ${features.join(", ")}.`
      : `Features vary less, or go together more, than they did in the training: principal components lose less of these transfers (AUC ${decimals(auc, 2)}, ${decimals(low, 2)} to ${decimals(high, 2)}; 0.5 is no difference).`,
  patternRisen: ({ pattern, now, before, from }) =>
    `On ${date(from)} ${count(now)} transfers had ${joined(pattern)}, where ${decimals(before, 1)} were expected. A new scam looks so before anybody reports it: look at some of them.`,
  featureRescaled: ({ feature, factor }) =>
    `All values of ${feature} are ${number(factor)} times what they were: it seems to come in another unit.`,
  featureBeyond: ({ feature, share, least, largest }) =>
    `${percent(share)} of the values of ${feature} lie far outside of all that the reference had (${number(least)} to ${number(largest)}).`,
  silentHours: ({ from, hours, expected }) =>
    `Nothing was decided for ${count(hours)} ${hours === 1 ? "hour" : "hours"} from ${moment(from)} on, where about ${count(expected)} decisions were usual: look for an outage, or for records that are missing.`,
  missingHours: ({ feature, from, hours, missing, rows, others }) =>
    `${feature} was missing in ${count(missing)} of ${count(rows)} transfers for ${count(hours)} ${hours === 1 ? "hour" : "hours"} from ${moment(from)} on${others > 0 ? `, and ${count(others)} more ${others === 1 ? "feature" : "features"} for hours of their own` : ""}: a source had stopped.`,
  featureMissing: ({ feature, before, now }) =>
    `${feature} is missing in ${percent(now)} of the transfers (${percent(before)} in training): a source may have stopped.`,
  newTypology: ({ name, frauds, caught, since }) =>
    `A kind of fraud that training never saw: ${name}, ${count(frauds)} known cases since ${date(since)}, ${caught === 0 ? "none" : count(caught)} caught. Retrain with these cases; until then add a rule.`,
  typologyWorse: ({ name, recall, before, frauds }) =>
    `The model now catches ${percent(recall)} of ${name} and caught ${percent(before)} when it was accepted (${count(frauds)} known cases).`,
  recallWorse: ({ recall, before, frauds }) =>
    `Of ${count(frauds)} frauds known so far the model caught ${percent(recall)}; when it was accepted it caught ${percent(before)}.`,
  estimateFallen: ({ recall, before, from }) =>
    `By its own scores the model will have caught ${percent(recall)} of the frauds of the days from ${date(from)}; when it was accepted it caught ${percent(before)}. The labels are still to come.`,
  estimatesFailed: ({ cohorts, held }) =>
    `Of ${count(cohorts)} cohorts whose labels have come, ${count(held)} came true as the scores had said: fraud or its labels are not what they were, and estimates for the young cohorts are not to be relied on.`,
  fraudScoresFallen: ({ median, before, frauds }) =>
    `Known frauds score lower than they did (median ${number(median)} against ${number(before)}, ${count(frauds)} cases): missed fraud is rising.`,
};
