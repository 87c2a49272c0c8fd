/** How a change is made: what AWS is told, what becomes of it, and the way back when it does not come about. */

import { isDeepStrictEqual } from "node:util";
import type { DescribeEndpointOutput, SageMaker } from "@aws-sdk/client-sagemaker";
import { invalid } from "@esteira/core/errors";
import type { Aws } from "./aws.ts";
import { bury, clear } from "./clearing.ts";
import { asked, explained, ifThere, isInProgress, isTaken } from "./errors.ts";
import { ownTags, requestsOf, rounded } from "./requests.ts";
import { Overtaken, type Revision } from "./revision.ts";
import { scale } from "./scaling.ts";
import { isScaled, type Settings } from "./settings.ts";
import { settled, type Waiting } from "./settling.ts";
import {
  orderTags,
  type Place,
  type Placed,
  readConfig,
  readState,
  type State,
  shiftTags,
  stateTags,
} from "./state.ts";

/** Who began a change and has not told AWS to make it after so long has ended. */
const ABANDONED_MS = 120_000;

export function changing(aws: Aws, note: (line: string) => void) {
  /** Models and a configuration, which nothing serves yet. Whoever makes the configuration is the one who changes the deployment. */
  const make = async (client: SageMaker, { placed, order }: State, revision: Revision): Promise<Placed> => {
    const { name } = revision.wanted;
    const generation = (placed?.generation ?? 0) + 1;
    const former: Place | undefined =
      placed === undefined
        ? undefined
        : {
            config: placed.config,
            ...(placed.revision.wanted.canary && { share: placed.revision.wanted.canary.share }),
          };
    const { models, config } = requestsOf(revision, generation, stateTags(revision, former, order));
    for (const model of models) {
      await client.createModel(model).catch((error: unknown) => {
        if (!isTaken(error)) throw explained(error, `create the model ${model.ModelName}`);
      });
    }
    for (let tries = 0; ; tries++) {
      try {
        await client.createEndpointConfig(config);
        break;
      } catch (error) {
        if (!isTaken(error) || tries > 0)
          throw explained(error, `create the configuration ${config.EndpointConfigName}`);
      }
      const there = await readConfig(client, name, config.EndpointConfigName);
      if (there !== undefined && isDeepStrictEqual(there.revision, revision) && isDeepStrictEqual(there.former, former))
        break;
      if (there !== undefined && Date.now() - there.createdAt < ABANDONED_MS)
        throw new Overtaken(name, `to ${there.revision.wanted.model}`);
      await ifThere("delete a configuration", () =>
        client.deleteEndpointConfig({ EndpointConfigName: config.EndpointConfigName }),
      );
    }
    const names = models.map(({ ModelName }) => ModelName);
    return {
      ...{ config: config.EndpointConfigName, generation, revision, models: names, createdAt: Date.now() },
      ...(former === undefined ? {} : { former }),
    };
  };

  /** Tells AWS to make it so. False when somebody else has told it something else. */
  const begin = async (client: SageMaker, { endpoint, placed, order }: State, made: Placed): Promise<boolean> => {
    const { revision } = made;
    const { name } = revision.wanted;
    const names = { EndpointName: name, EndpointConfigName: made.config };
    const { guardrails } = requestsOf(revision, made.generation, []);
    try {
      if (endpoint === undefined) {
        await client.createEndpoint({ ...names, Tags: [...endpointTags(revision, order)] });
      } else if (endpoint.EndpointStatus === "Failed") {
        await renew(client, made, order);
      } else {
        // Of what load has scaled to, nothing is taken away by a change.
        const isKept = placed !== undefined && isScaled(placed.revision.settings) && isScaled(revision.settings);
        await client.updateEndpoint({
          ...names,
          ...(guardrails === undefined ? {} : { DeploymentConfig: guardrails }),
          ...(isKept
            ? {
                RetainAllVariantProperties: true,
                ExcludeRetainedVariantProperties: [{ VariantPropertyType: "DesiredWeight" as const }],
              }
            : {}),
        });
      }
      return true;
    } catch (error) {
      const now = isInProgress(error) || isTaken(error) ? await readState(client, name) : undefined;
      const under = now?.pending ?? now?.placed;
      if (under?.config === made.config) return true;
      await clear(client, name, kept(placed), made.generation);
      if (now !== undefined) return false;
      throw explained(error, `${endpoint === undefined ? "create" : "update"} the endpoint ${name}`);
    }
  };

  /** AWS lets one delete a failed endpoint, and nothing else. */
  const renew = async (client: SageMaker, { config, revision }: Placed, order: number): Promise<void> => {
    const { name } = revision.wanted;
    await ifThere(`delete the endpoint ${name}`, () => client.deleteEndpoint({ EndpointName: name }));
    await settled(client, name, { seconds: 900, signal: undefined, note });
    const Tags = [...endpointTags(revision, order)];
    await asked(`create the endpoint ${name}`, () =>
      client.createEndpoint({ EndpointName: name, EndpointConfigName: config, Tags }),
    );
  };

  const finish = async (
    client: SageMaker,
    before: State,
    made: Placed,
    outcome: DescribeEndpointOutput | undefined,
    waiting: (seconds: number) => Waiting,
  ): Promise<void> => {
    const { name } = made.revision.wanted;
    if (outcome?.EndpointStatus === "InService" && outcome.EndpointConfigName === made.config) {
      await scale(aws, name, made.revision.settings);
      await clear(client, name, kept(made), made.generation);
      return;
    }
    const why =
      outcome === undefined ? "it was deleted meanwhile" : (outcome.FailureReason ?? `it is ${outcome.EndpointStatus}`);
    const cause = why.replace(/\.$/, "");
    const { placed } = before;
    const hadServed = placed !== undefined && placed.config !== made.config;
    if (!hadServed) {
      await ifThere(`delete the endpoint ${name}`, () => client.deleteEndpoint({ EndpointName: name }));
      await settled(client, name, { ...waiting(900), signal: undefined });
      if (before.order > 0) await bury(client, made, before.order);
      await clear(client, name, [], Number.POSITIVE_INFINITY);
      throw invalid(`The deployment ${name} cannot be made, and nothing of it is left: ${cause}.`);
    }
    let ending = "and is as it was";
    if (outcome?.EndpointStatus !== "InService" || outcome.EndpointConfigName !== placed.config) {
      note(`It does not come about, so what was before is restored: ${cause}`);
      const undone = await undo(client, placed, before.order, outcome, waiting);
      if (undone !== undefined) ending = `and what was before did not come back either (${undone})`;
    }
    await clear(client, name, kept(placed), made.generation);
    throw invalid(`The deployment ${name} cannot be changed, ${ending}: ${cause}.`);
  };

  /** Answers why what was before could not be brought back. */
  const undo = async (
    client: SageMaker,
    placed: Placed,
    order: number,
    outcome: DescribeEndpointOutput | undefined,
    waiting: (seconds: number) => Waiting,
  ): Promise<string | undefined> => {
    const { name } = placed.revision.wanted;
    try {
      const isGone = outcome === undefined || outcome.EndpointStatus === "Failed";
      if (isGone) await renew(client, placed, order);
      else
        await asked(`update the endpoint ${name}`, () =>
          client.updateEndpoint({ EndpointName: name, EndpointConfigName: placed.config }),
        );
      const back = await settled(client, name, {
        ...waiting(placed.revision.settings.deadlineSeconds),
        signal: undefined,
      });
      if (back?.EndpointStatus === "InService" && back.EndpointConfigName === placed.config) return undefined;
      return back?.FailureReason ?? `the endpoint is ${back?.EndpointStatus ?? "gone"}`;
    } catch (error) {
      return error instanceof Error ? error.message.replace(/\.$/, "") : String(error);
    }
  };

  /** Moves the weights of a canary; no instance is started. */
  const weigh = async (client: SageMaker, { wanted }: Revision, waiting: Waiting): Promise<void> => {
    const { name, canary } = wanted;
    const share = canary?.share ?? 0;
    await client
      .updateEndpointWeightsAndCapacities({
        EndpointName: name,
        DesiredWeightsAndCapacities: [
          { VariantName: "primary", DesiredWeight: rounded(1 - share) },
          { VariantName: "canary", DesiredWeight: share },
        ],
      })
      .catch((error: unknown) => {
        if (isInProgress(error)) throw new Overtaken(name, "it is Updating");
        throw explained(error, `move the weights of the endpoint ${name}`);
      });
    const outcome = await settled(client, name, waiting);
    if (outcome?.EndpointStatus === "InService") return;
    throw invalid(`The weights of ${name} were not moved: ${outcome?.FailureReason ?? "the endpoint is gone"}.`);
  };

  /** Another share of the same canary, which the endpoint remembers beside its configuration. */
  const shift = async (
    client: SageMaker,
    { endpoint }: State,
    placed: Placed,
    revision: Revision,
    waiting: Waiting,
  ): Promise<void> => {
    const [share, former] = [revision.wanted.canary?.share ?? 0, placed.revision.wanted.canary?.share ?? 0];
    await weigh(client, revision, waiting);
    const Tags = [...shiftTags(placed.config, placed.generation + 1, share, former)];
    await asked("tag the endpoint", () => client.addTags({ ResourceArn: endpoint?.EndpointArn, Tags }));
  };

  /** An alarm that is not there would never undo anything. */
  const checkAlarms = async (name: string, { alarms }: Settings): Promise<void> => {
    if (alarms.length === 0) return;
    const client = await aws.metrics();
    const found = await asked("look for alarms", () => client.describeAlarms({ AlarmNames: [...alarms] }));
    const there = new Set(
      [...(found.MetricAlarms ?? []), ...(found.CompositeAlarms ?? [])].map(({ AlarmName }) => AlarmName),
    );
    const absent = alarms.filter((alarm) => !there.has(alarm));
    if (absent.length === 0) return;
    throw invalid(
      `The deployment ${name} is to be undone by ${absent.join(" and ")}, and CloudWatch has no such alarm: create it first.`,
    );
  };

  return { make, begin, finish, weigh, shift, checkAlarms };
}

/** The configurations that a deployment needs: its own, and what it may go back to. */
const kept = (placed: Placed | undefined): readonly string[] =>
  placed === undefined ? [] : [placed.config, ...(placed.former === undefined ? [] : [placed.former.config])];

const endpointTags = ({ wanted, settings }: Revision, order: number) => [
  ...ownTags(wanted.name),
  ...Object.entries(settings.tags).map(([Key, Value]) => ({ Key, Value })),
  ...(order === 0 ? [] : orderTags(order)),
];
