import { access } from "./en/access.ts";
import { artifacts } from "./en/artifacts.ts";
import { charts } from "./en/charts.ts";
import { common, failure } from "./en/common.ts";
import { compare } from "./en/compare.ts";
import { deployments } from "./en/deployments.ts";
import { experiments } from "./en/experiments.ts";
import { flows } from "./en/flows.ts";
import { gate, models, stages } from "./en/models.ts";
import { monitoring } from "./en/monitoring.ts";
import { people } from "./en/people.ts";
import { policy } from "./en/policy.ts";
import { promotion } from "./en/promotion.ts";
import { reviews } from "./en/reviews.ts";
import { reproduction, run, use } from "./en/run.ts";
import { runs, status } from "./en/runs.ts";
import { shell } from "./en/shell.ts";
import { threshold } from "./en/threshold.ts";
import { timeline } from "./en/timeline.ts";

/** Every text of the UI, a file for each room. Other languages have this shape: a key that one lacks does not compile. */
export const en = {
  common,
  shell,
  failure,
  access,
  experiments,
  runs,
  status,
  run,
  charts,
  artifacts,
  use,
  compare,
  models,
  policy,
  reproduction,
  gate,
  stages,
  threshold,
  timeline,
  promotion,
  flows,
  deployments,
  monitoring,
  people,
  reviews,
};

export type Catalogue = typeof en;
