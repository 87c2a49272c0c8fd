import { invalid } from "@esteira/core/errors";
import type { NativeXgboost } from "../engines/xgboost/native.ts";
import { createRandomForestTrainer } from "./random-forest.ts";
import type { Trainer, TrainerName } from "./trainer.ts";
import { createXgboostTrainer } from "./xgboost.ts";

const TRAINERS: Readonly<Record<TrainerName, (native: NativeXgboost) => Trainer>> = {
  xgboost: createXgboostTrainer,
  "random-forest": createRandomForestTrainer,
};

export const isTrainerName = (name: string): name is TrainerName => Object.hasOwn(TRAINERS, name);

/** @throws EsteiraError INVALID_PARAMETER_VALUE when there is no such trainer. */
export function createTrainer(name: string, native: NativeXgboost): Trainer {
  if (!isTrainerName(name)) {
    throw invalid(`There is no trainer ${JSON.stringify(name)}; there are ${Object.keys(TRAINERS).join(" and ")}.`);
  }
  return TRAINERS[name](native);
}
