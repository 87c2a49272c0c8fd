/**
 * Deployments on Amazon SageMaker: an endpoint, its configuration and models. All that is known of them stands at AWS, so anybody who may deploy
 * finds what another one did, goes on with it, or goes back. SageMaker starts what is new beside what serves, and leads callers over.
 */

import { isDeepStrictEqual } from "node:util";
import type { SageMaker } from "@aws-sdk/client-sagemaker";
import { EsteiraError, notFound } from "@esteira/core/errors";
import type { ApplyOptions, DeploymentStatus, Target } from "../target.ts";
import type { Wanted } from "../wanted.ts";
import type { Aws } from "./aws.ts";
import { changing } from "./changing.ts";
import { bury, clear } from "./clearing.ts";
import { asked, explained, ifThere, refusalOf } from "./errors.ts";
import { isShareAlone, planOf } from "./plan.ts";
import { type Requests, requestsOf, rounded } from "./requests.ts";
import { checkName, checkRevision, Overtaken, type Parts, type Revision } from "./revision.ts";
import { scale, unscale } from "./scaling.ts";
import { mergeSettings, type SaidSettings } from "./settings.ts";
import { isBusy, settled } from "./settling.ts";
import { type Endpoint, formerOf, orderTags, readState, type State } from "./state.ts";
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

export function sagemakerTarget({
  aws,
  settings = {},
  parts = {},
  note = () => {},
}: SageMakerOptions): SageMakerTarget {
  const { make, begin, finish, weigh, shift, checkAlarms } = changing(aws, note);
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
      if (isOwn && under !== undefined) {
        await finish(client, state, under, outcome, waiting);
        return known(await statusOf(name), name);
      }
      state = await readState(client, name);
      checkOrder(name, order, state.order);
      // AWS has undone it already.
      if (isBack && pending !== undefined && state.placed?.config === placed?.config)
        return known(await statusOf(name), name);
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
      if (!isWeighed(endpoint, revision)) await weigh(client, revision, waiting(revision.settings.deadlineSeconds));
      return known(await statusOf(name), name);
    }
    if (isServing && placed !== undefined && isShareAlone(placed.revision, revision)) {
      await shift(client, state, placed, revision, waiting(revision.settings.deadlineSeconds));
      return known(await statusOf(name), name);
    }
    await checkAlarms(name, revision.settings);
    const made = await make(client, state, revision);
    signal?.throwIfAborted();
    const isBegun = await begin(client, state, made);
    if (!isBegun) throw new Overtaken(name, "it is Updating");
    const outcome = await settled(client, name, waiting(revision.settings.deadlineSeconds));
    await finish(client, state, made, outcome, waiting);
    return known(await statusOf(name), name);
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

    async ask(name, { path, body }) {
      const { endpoint } = await readState(await aws.sagemaker(), checkName(name));
      const status = endpoint?.EndpointStatus ?? "not there";
      // AWS itself asks for /ping all the while: that is what its word rests on.
      if (path === "ping") return { status: status === "InService" ? 200 : 503, text: status };
      if (path !== "invocations" || body === undefined)
        throw new EsteiraError("INVALID_STATE", `SageMaker lets nobody ask for /${path}: only for predictions.`);
      const client = await aws.runtime();
      const request = { EndpointName: name, Body: body, ContentType: "application/json" };
      try {
        const answer = await client.invokeEndpoint(request);
        return { status: 200, text: await answer.Body.transformToString() };
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal === undefined) throw explained(error, `let ${name} answer`);
        return refusal;
      }
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

/** Whether the canary has the share that is wanted; AWS keeps weights as short numbers. */
function isWeighed(endpoint: Endpoint, { wanted }: Revision): boolean {
  const weights = new Map((endpoint.ProductionVariants ?? []).map((one) => [one.VariantName, one.CurrentWeight ?? 0]));
  const [own, all] = [weights.get("canary") ?? 0, [...weights.values()].reduce((sum, one) => sum + one, 0)];
  return wanted.canary === undefined || all === 0 || Math.abs(own / all - wanted.canary.share) < 1e-4;
}

const nothing = (name: string): EsteiraError => notFound(`Nothing is deployed on SageMaker under the name ${name}.`);

function known<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw nothing(name);
}
