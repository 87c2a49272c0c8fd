/**
 * The Open Inference Protocol v2 over HTTP: `/v2`, `/v2/health/live|ready`, `/v2/models/NAME[/versions/V]` with `/ready` and
 * `/infer`. Errors are `{"error": "..."}`, as the protocol says.
 */

import { EsteiraError } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from "fastify";
import type { ServableModel } from "../flavors/flavor.ts";
import type { Answer } from "../format/answer.ts";
import { badRequest } from "../format/cells.ts";
import { enforceSchema } from "../format/enforce.ts";
import { enforceParams } from "../format/params.ts";
import type { Answering } from "./answer.ts";
import { decodeBody } from "./body-text.ts";
import type { Asked, Dispatcher } from "./dispatcher.ts";
import { describeInputs, OUTPUT, parseInfer, toTensor } from "./inference-v2.ts";
import type { ModelHolder } from "./model-holder.ts";

export interface InferenceV2Options {
  readonly primary: ModelHolder;
  /** Whether requests can be answered now. */
  readonly isReady: () => boolean;
  readonly dispatcher: Dispatcher;
  readonly answering: Answering;
  /** Takes a request on, or refuses it. */
  readonly admit: preHandlerHookHandler;
  readonly version: string;
}

/** JSON only: the protocol's binary extension is not offered, and says so in its list of extensions. */
function checkType(headers: FastifyRequest["headers"]): void {
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase() ?? "application/json";
  if (type !== "application/json" || headers["inference-header-content-length"] !== undefined)
    throw badRequest(`The body must be JSON (application/json), not '${type.slice(0, 60)}' or tensors in binary`);
}

interface ModelPath {
  readonly name: string;
  readonly version?: string;
}

export function mountInferenceV2(app: FastifyInstance, options: InferenceV2Options): void {
  const { primary, isReady, dispatcher, answering, admit } = options;

  const json = (status: number, value: unknown): Answer => ({
    status,
    type: "application/json",
    body: pythonJson(value),
  });

  /** Another name or version than what is served does not exist here. */
  const check = (params: unknown): void => {
    const { name, version } = params as ModelPath;
    const { identity } = primary;
    if (name !== identity.name)
      throw new EsteiraError(
        "RESOURCE_DOES_NOT_EXIST",
        `There is no model '${name}' here: this server has '${identity.name}'`,
      );
    if (version !== undefined && version !== identity.version)
      throw new EsteiraError(
        "RESOURCE_DOES_NOT_EXIST",
        `There is no version '${version}' of '${name}' here: this server has version ${identity.version}`,
      );
  };
  const guarded =
    (answer: (request: FastifyRequest) => Answer) =>
    (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
      try {
        check(request.params);
        return answering.send(reply, answer(request));
      } catch (error) {
        return answering.send(reply, toAnswer(error, request));
      }
    };
  const toAnswer = (error: unknown, request: FastifyRequest): Answer => {
    const { status, message } = answering.toError(error, request.log);
    return json(status, { error: message });
  };

  app.get("/v2", (_request, reply) =>
    answering.send(reply, json(200, { name: "esteira", version: options.version, extensions: [] })),
  );
  app.get("/v2/health/live", (_request, reply) => answering.send(reply, json(200, { live: true })));
  const readiness = (facts: object): Answer => json(isReady() ? 200 : 503, { ...facts, ready: isReady() });
  app.get("/v2/health/ready", (_request, reply) => answering.send(reply, readiness({})));

  for (const path of ["/v2/models/:name", "/v2/models/:name/versions/:version"]) {
    app.get(
      path,
      guarded(() =>
        json(200, {
          name: primary.identity.name,
          versions: [primary.identity.version],
          platform: Object.keys(primary.current.config.flavors).join(","),
          inputs: describeInputs(primary.current.signature),
          outputs: [{ name: OUTPUT, datatype: "FP64", shape: [-1] }],
        }),
      ),
    );
    app.get(
      `${path}/ready`,
      guarded(() => readiness({ name: primary.identity.name })),
    );
    app.post(`${path}/infer`, { onRequest: admit }, async (request, reply) => {
      const trace = answering.traceOf(request);
      trace?.step("parse");
      try {
        check(request.params);
        checkType(request.headers);
        const text = Buffer.isBuffer(request.body) ? decodeBody(request.body) : "";
        let id: string | undefined;
        const read = (model: ServableModel): Asked => {
          const asked = parseInfer(text, model.signature);
          id = asked.id;
          const schema = model.signature?.inputs;
          return {
            table: enforceSchema(asked.frame, schema),
            params: enforceParams(asked.params, model.signature?.params),
          };
        };
        const scored = await dispatcher.score({ read }, answering.keyOf(request), trace);
        const answer = json(200, {
          model_name: scored.identity.name,
          model_version: scored.identity.version,
          ...(id === undefined ? {} : { id }),
          outputs: [toTensor(scored.predictions)],
        });
        return answering.finish(reply, answer, scored);
      } catch (error) {
        return answering.finish(reply, toAnswer(error, request));
      }
    });
  }
}
