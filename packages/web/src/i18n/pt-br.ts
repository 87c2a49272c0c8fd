import type { Catalogue } from "./en.ts";
import { access } from "./pt-br/access.ts";
import { artifacts } from "./pt-br/artifacts.ts";
import { charts } from "./pt-br/charts.ts";
import { common, failure } from "./pt-br/common.ts";
import { compare } from "./pt-br/compare.ts";
import { deployments } from "./pt-br/deployments.ts";
import { experiments } from "./pt-br/experiments.ts";
import { flows } from "./pt-br/flows.ts";
import { gate, models, stages } from "./pt-br/models.ts";
import { monitoring } from "./pt-br/monitoring.ts";
import { people } from "./pt-br/people.ts";
import { policy } from "./pt-br/policy.ts";
import { promotion } from "./pt-br/promotion.ts";
import { reviews } from "./pt-br/reviews.ts";
import { reproduction, run, use } from "./pt-br/run.ts";
import { runs, status } from "./pt-br/runs.ts";
import { shell } from "./pt-br/shell.ts";
import { threshold } from "./pt-br/threshold.ts";
import { timeline } from "./pt-br/timeline.ts";

export const ptBr: Catalogue = {
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
