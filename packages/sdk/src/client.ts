import { accessOf } from "./access.ts";
import { artifactsOf } from "./artifacts.ts";
import { deploymentsOf } from "./deployments.ts";
import { experimentsOf } from "./experiments.ts";
import { flowsOf } from "./flows.ts";
import { loggedModelsOf } from "./logged-models.ts";
import { modelVersionsOf } from "./model-versions.ts";
import { peopleOf } from "./people.ts";
import { policiesOf } from "./policies.ts";
import { registeredModelsOf } from "./registered-models.ts";
import { reviewsOf } from "./reviews.ts";
import { runQueriesOf } from "./run-queries.ts";
import { runsOf } from "./runs.ts";
import { timelineOf } from "./timeline.ts";
import { createTransport, type TransportOptions } from "./transport.ts";
import { trustOf } from "./trust.ts";
import { webhooksOf } from "./webhooks.ts";

/** Every call of a tracking server, by noun. Works in Node and in a browser, against Esteira or MLflow; calls that only Esteira has
 * say so. */
export function createClient(options: TransportOptions) {
  const transport = createTransport(options);
  return {
    experiments: experimentsOf(transport),
    runs: { ...runsOf(transport), ...runQueriesOf(transport) },
    loggedModels: loggedModelsOf(transport),
    registeredModels: registeredModelsOf(transport),
    modelVersions: modelVersionsOf(transport),
    webhooks: webhooksOf(transport),
    artifacts: artifactsOf(transport),
    access: accessOf(transport),
    people: peopleOf(transport),
    timeline: timelineOf(transport),
    policies: policiesOf(transport),
    flows: flowsOf(transport),
    deployments: deploymentsOf(transport),
    reviews: reviewsOf(transport),
    trust: trustOf(transport),
  };
}

export type Client = ReturnType<typeof createClient>;
