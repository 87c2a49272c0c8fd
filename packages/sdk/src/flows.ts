import type { Claim, Flow, FlowDetails, Report } from "@esteira/core/flow/entity";
import { type FlowSpec, flowSpecWire } from "@esteira/core/flow/flow-spec";
import { claimWire, flowDetailsWire, flowWire } from "@esteira/core/wire/flow";
import { z } from "zod";
import { nothing, type Transport } from "./transport.ts";

const one = z.object({ flow: flowWire }).transform((wire) => wire.flow);
const many = z.object({ flows: z.array(flowWire) }).transform((wire) => wire.flows);

/** The step that a runner holds. */
export interface Held {
  readonly flow: Pick<Flow, "id" | "number">;
  readonly lease: string;
}
const heldBody = ({ flow, lease }: Held) => ({ flow_id: flow.id, number: flow.number, lease });

/** How versions go to production. What only Esteira's server answers. */
export function flowsOf(transport: Transport) {
  const service = "esteira" as const;
  return {
    /** For admins. New versions of the model start this flow from now on. */
    set: (name: string, spec: unknown): Promise<void> =>
      transport.call("POST", "flows/set", nothing, { body: { name, spec }, service }),
    spec: (name: string): Promise<FlowSpec> =>
      transport.call(
        "GET",
        "flows/spec",
        z.object({ spec: flowSpecWire }).transform((wire) => wire.spec),
        { query: { name }, service },
      ),
    /** For admins. */
    remove: (name: string): Promise<void> =>
      transport.call("POST", "flows/remove", nothing, { body: { name }, service }),
    start: (name: string, version: string): Promise<Flow> =>
      transport.call("POST", "flows/start", one, { body: { name, version }, service }),
    get: (name: string, id: number): Promise<FlowDetails> =>
      transport.call("GET", "flows/get", flowDetailsWire, { query: { name, flow_id: id }, service }),
    ofModel: (name: string): Promise<readonly Flow[]> =>
      transport.call("GET", "flows/of-model", many, { query: { name }, service }),
    /** For admins: of all models. */
    list: (active: boolean): Promise<readonly Flow[]> =>
      transport.call("GET", "flows/list", many, { query: { active: String(active) }, service }),
    /** A person's yes or no to the promotion that the flow waits with. */
    decide: (name: string, id: number, decision: "approve" | "decline", reason = ""): Promise<Flow> =>
      transport.call("POST", "flows/decide", one, { body: { name, flow_id: id, decision, reason }, service }),
    end: (name: string, id: number, how: "cancel" | "rollback", reason = ""): Promise<Flow> =>
      transport.call("POST", "flows/end", one, { body: { name, flow_id: id, how, reason }, service }),
    /** For runners: the next step that is due, alone and for a while; undefined when there is none. */
    claim: (runner: string, targets: readonly string[], leaseSeconds: number): Promise<Claim | undefined> =>
      transport.call(
        "POST",
        "flows/claim",
        z.object({ claim: claimWire.exactOptional() }).transform((wire): Claim | undefined => wire.claim),
        { body: { runner, targets, lease_seconds: leaseSeconds }, service },
      ),
    renew: (held: Held, leaseSeconds: number): Promise<number> =>
      transport.call(
        "POST",
        "flows/renew",
        z.object({ until: z.int() }).transform((wire) => wire.until),
        { body: { ...heldBody(held), lease_seconds: leaseSeconds }, service },
      ),
    report: (held: Held, report: Report, result?: unknown): Promise<Flow> => {
      const { kind, note, ...rest } = { note: undefined, ...report };
      const reason = note === undefined ? {} : { reason: note };
      return transport.call("POST", "flows/report", one, {
        body: { ...heldBody(held), kind, ...reason, ...rest, ...(result === undefined ? {} : { result }) },
        service,
      });
    },
  };
}
