/**
 * Deployments on Amazon SageMaker: an endpoint, its configuration and models. All that is known of them stands at AWS, so anybody who may deploy
 * finds what another one did, goes on with it, or goes back. SageMaker starts what is new beside what serves, and leads callers over.
 */

import { isDeepStrictEqual } from "node:util";
import type { DescribeEndpointOutput, SageMaker } from "@aws-sdk/client-sagemaker";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import type { ApplyOptions, DeploymentStatus, Target } from "../target.ts";
import type { Wanted } from "../wanted.ts";
import type { Aws } from "./aws.ts";
import { bury, clear } from "./clearing.ts";
import { asked, explained, ifThere, isInProgress, isTaken } from "./errors.ts";
import { isShareAlone, planOf } from "./plan.ts";
import { ownTags, type Requests, requestsOf, rounded } from "./requests.ts";
import { checkName, checkRevision, Overtaken, type Parts, type Revision } from "./revision.ts";
import { scale, unscale } from "./scaling.ts";
import { isScaled, mergeSettings, type SaidSettings, type Settings } from "./settings.ts";
import { isBusy, settled, type Waiting } from "./settling.ts";
import {
  formerOf,
  orderTags,
  type Place,
  type Placed,
  readConfig,
  readState,
  type State,
  shiftTags,
  stateTags,
} from "./state.ts";
import { observed, written } from "./watching.ts";

export interface SageMakerOptions {
  readonly aws: Aws;
  /** What is said here holds; of what is not said, what was said before. */
  readonly settings?: SaidSettings;
  readonly parts?: Parts;
  /** Told what is waited for. */
  readonly note?: (line: string) => void;
}

export interface SageMakerTarget extends Target {
  /** What AWS would be given; it is asked for what was said before alone. */
  drawn(wanted: Wanted): Promise<{ readonly revision: Revision; readonly requests: Requests }>;
}

/** Who began a change and has not told AWS to make it after so long has ended. */
const ABANDONED_MS = 120_000;

export function sagemakerTarget({
  aws,
  settings = {},
  parts = {},
  note = () => {},
}: SageMakerOptions): SageMakerTarget {
  const revisionOf = (wanted: Wanted, before: Revision | undefined): Revision =>
    checkRevision({
      wanted:
        wanted.canary === undefined
          ? wanted
          : { ...wanted, canary: { ...wanted.canary, share: rounded(wanted.canary.share) } },
      settings: mergeSettings(before?.settings, settings),
      parts,
    });

  const change = async (
    name: string,
    { order, signal }: ApplyOptions,
    next: (state: State) => Promise<Revision>,
    isBack: boolean,
  ): Promise<DeploymentStatus> => {
    checkName(name);
    const client = await aws.sagemaker();
    const waiting = (seconds: number) => ({ seconds, signal, note });
    let state = await readState(client, name);
    checkOrder(name, order, state.order);
    if (isBusy(state.endpoint?.EndpointStatus)) {
      const { pending, placed, endpoint } = state;
      const under = pending ?? placed;
      const what = `it is ${endpoint?.EndpointStatus}${under === undefined ? "" : `, to ${under.revision.wanted.model}`}`;
      const isOwn =
        !isBack && endpoint?.EndpointStatus !== "Deleting" && isDeepStrictEqual(under?.revision, await next(state));
      if (!isBack && !isOwn && endpoint?.EndpointStatus !== "Deleting") throw new Overtaken(name, what);
      note(`A change of ${name} is under way, and waited for (${what}).`);
      const outcome = await settled(client, name, waiting(under?.revision.settings.deadlineSeconds ?? 3600));
      if (isOwn && under !== undefined) return finish(client, state, under, outcome, waiting);
      state = await readState(client, name);
      checkOrder(name, order, state.order);
    }
    const revision = await next(state);
    const { placed, endpoint } = state;
    state = { ...state, order: order ?? state.order };
    if (endpoint !== undefined && order !== undefined)
      await asked("tag the endpoint", () =>
        client.addTags({ ResourceArn: endpoint.EndpointArn, Tags: [...orderTags(order)] }),
      );
    const isServing = endpoint?.EndpointStatus === "InService";
    if (isServing && placed !== undefined && isDeepStrictEqual(placed.revision, revision)) {
      await scale(aws, name, revision.settings);
      return known(await statusOf(name), name);
    }
    if (isServing && placed !== undefined && isShareAlone(placed.revision, revision))
      return shift(client, state, placed, revision, waiting(revision.settings.deadlineSeconds));
    await checkAlarms(name, revision.settings);
    const made = await make(client, state, revision);
    signal?.throwIfAborted();
    const isBegun = await begin(client, state, made);
    if (!isBegun) throw new Overtaken(name, "it is Updating");
    const outcome = await settled(client, name, waiting(revision.settings.deadlineSeconds));
    return finish(client, state, made, outcome, waiting);
  };

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
  ): Promise<DeploymentStatus> => {
    const { name } = made.revision.wanted;
    if (outcome?.EndpointStatus === "InService" && outcome.EndpointConfigName === made.config) {
      await scale(aws, name, made.revision.settings);
      await clear(client, name, kept(made), made.generation);
      return known(await statusOf(name), name);
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

  /** Another share of the same canary: the weights are moved, and no instance is started. */
  const shift = async (
    client: SageMaker,
    { endpoint }: State,
    placed: Placed,
    { wanted }: Revision,
    waiting: Waiting,
  ): Promise<DeploymentStatus> => {
    const { name } = wanted;
    const share = wanted.canary?.share ?? 0;
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
    const shifted = shiftTags(placed.config, placed.generation + 1, share, placed.revision.wanted.canary?.share ?? 0);
    await asked("tag the endpoint", () => client.addTags({ ResourceArn: endpoint?.EndpointArn, Tags: [...shifted] }));
    const outcome = await settled(client, name, waiting);
    if (outcome?.EndpointStatus === "InService") return known(await statusOf(name), name);
    throw invalid(`The weights of ${name} were not moved: ${outcome?.FailureReason ?? "the endpoint is gone"}.`);
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

  const statusOf = async (name: string): Promise<DeploymentStatus | undefined> => {
    const client = await aws.sagemaker();
    const { endpoint, placed, pending } = await readState(client, checkName(name));
    const shown = pending ?? placed;
    const status = endpoint?.EndpointStatus;
    if (endpoint === undefined || shown === undefined || status === "Deleting") return undefined;
    const former = pending === undefined ? placed && (await formerOf(client, name, placed)) : placed?.revision;
    const problem =
      status === "InService" && endpoint.EndpointConfigName === shown.config ? undefined : endpoint.FailureReason;
    return {
      ...{ wanted: shown.revision.wanted, generation: shown.generation, restarts: 0 },
      state: status === "InService" ? "serving" : isBusy(status) ? "starting" : "failed",
      url: `https://runtime.sagemaker.${await aws.region()}.amazonaws.com/endpoints/${name}`,
      ...(problem === undefined ? {} : { problem }),
      ...(former === undefined ? {} : { former: former.wanted }),
    };
  };

  const endpointNames = async (client: SageMaker): Promise<readonly string[]> => {
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await asked("list endpoints", () => client.listEndpoints({ MaxResults: 100, NextToken }));
      names.push(...(page.Endpoints ?? []).flatMap(({ EndpointName }) => EndpointName ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return names.sort();
  };

  return {
    async drawn(wanted) {
      const { placed } = await readState(await aws.sagemaker(), checkName(wanted.name));
      const revision = revisionOf(wanted, placed?.revision);
      return { revision, requests: requestsOf(revision, (placed?.generation ?? 0) + 1, []) };
    },

    async plan(wanted) {
      const { placed, pending, endpoint } = await readState(await aws.sagemaker(), checkName(wanted.name));
      const under = pending ?? placed;
      const revision = revisionOf(wanted, under?.revision);
      const requests = requestsOf(revision, (under?.generation ?? 0) + 1, []);
      const said = planOf(under?.revision, revision, requests);
      const status = endpoint?.EndpointStatus;
      if (said.length > 0 || status === undefined || status === "InService") return said;
      return [
        isBusy(status)
          ? "wait for the change that was begun"
          : `create the endpoint ${wanted.name} again, which is ${status}`,
      ];
    },

    apply: (wanted, options = {}) =>
      change(
        wanted.name,
        options,
        async ({ placed, pending }) => revisionOf(wanted, (pending ?? placed)?.revision),
        false,
      ),

    status: statusOf,

    async list() {
      const client = await aws.sagemaker();
      const all = await Promise.all(
        (await endpointNames(client)).map(async (name) => {
          const endpoint = await ifThere(`describe the endpoint ${name}`, () =>
            client.describeEndpoint({ EndpointName: name }),
          );
          return endpoint?.EndpointConfigName?.startsWith(`${name}-esteira-g`) === true ? statusOf(name) : undefined;
        }),
      );
      return all.filter((status) => status !== undefined);
    },

    async observe(name) {
      const { endpoint, placed } = await readState(await aws.sagemaker(), checkName(name));
      if (endpoint?.EndpointStatus !== "InService" || placed === undefined) return undefined;
      return observed(aws, name, placed.generation, endpoint.LastModifiedTime?.getTime() ?? 0);
    },

    async logs(name, lines) {
      known(await statusOf(name), name);
      return written(aws, name, lines);
    },

    rollback: (name, options = {}) =>
      change(
        name,
        options,
        async ({ endpoint, placed }) => {
          if (endpoint === undefined || placed === undefined) throw nothing(name);
          const former = await formerOf(await aws.sagemaker(), name, placed);
          if (former !== undefined) return former;
          throw new EsteiraError(
            "INVALID_STATE",
            `The deployment ${name} was never changed: there is nothing before it.`,
          );
        },
        true,
      ),

    async remove(name, { order, signal } = {}) {
      checkName(name);
      const client = await aws.sagemaker();
      const state = await readState(client, name);
      checkOrder(name, order, state.order);
      const { endpoint, placed } = state;
      const newest = Math.max(order ?? 0, state.order);
      if (endpoint !== undefined) {
        await settled(client, name, { seconds: placed?.revision.settings.deadlineSeconds ?? 3600, signal, note });
        await unscale(aws, name);
        await ifThere(`delete the endpoint ${name}`, () => client.deleteEndpoint({ EndpointName: name }));
        await settled(client, name, { seconds: 900, signal, note });
      }
      if (newest > 0 && placed !== undefined) await bury(client, placed, newest);
      const left = await clear(client, name, [], Number.POSITIVE_INFINITY);
      return endpoint !== undefined || left > 0;
    },
  };
}

function checkOrder(name: string, order: number | undefined, newest: number): void {
  if ((order ?? newest) >= newest) return;
  throw new EsteiraError(
    "INVALID_STATE",
    `Change ${order} of the deployment ${name} comes after change ${newest}, which is newer: it is not made.`,
  );
}

/** The configurations that a deployment needs: its own, and what it may go back to. */
const kept = (placed: Placed | undefined): readonly string[] =>
  placed === undefined ? [] : [placed.config, ...(placed.former === undefined ? [] : [placed.former.config])];

const endpointTags = ({ wanted, settings }: Revision, order: number) => [
  ...ownTags(wanted.name),
  ...Object.entries(settings.tags).map(([Key, Value]) => ({ Key, Value })),
  ...(order === 0 ? [] : orderTags(order)),
];

const nothing = (name: string): EsteiraError => notFound(`Nothing is deployed on SageMaker under the name ${name}.`);

function known<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw nothing(name);
}
