import { type Arm, type Deployment, versionOfUri } from "@esteira/core/entities/deployment";
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Refusal } from "../access/refusal.tsx";
import { useMay } from "../access/rights.tsx";
import { deploymentClient } from "../api/deployment-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { flowQuery } from "../models/life-queries.ts";
import { CodeBlock } from "../shell/code-block.tsx";
import { Dialog } from "../shell/dialog.tsx";
import { ArrowIcon } from "../shell/icons.tsx";
import { Dim } from "../shell/page.tsx";
import { refreshDeployments } from "./deployment-queries.ts";
import classes from "./deployments.module.css";
import { commandFor, formerPrimary } from "./served.ts";

/** One button back: it asks once, says what will be served, and goes the way that the change came. Rests, with the reason, where there is none. */
export function RollBack({ deployment }: { deployment: Deployment }) {
  const text = useText();
  const [isOpen, setOpen] = useState(false);
  const way = useWay(deployment);
  const may = useMay("registered_model", deployment.model);
  if (deployment.state === "removed") return null;
  return (
    <>
      <Button variant="default" disabled={way.kind === "none" || !may.update} onClick={() => setOpen(true)}>
        {text.deployments.rollBack}
      </Button>
      {may.update ? null : <Dim>{may.why}</Dim>}
      {may.update && way.kind === "none" ? <Dim>{text.deployments.noWay[way.why]}</Dim> : null}
      {isOpen && way.kind !== "none" ? (
        <Asking deployment={deployment} way={way} onClose={() => setOpen(false)} />
      ) : null}
    </>
  );
}

type Way =
  | { readonly kind: "none"; readonly why: "nothingBefore" | "underWay" | "givenUp" | "loading" }
  /** What a flow has done it undoes, with the alias. */
  | { readonly kind: "flow"; readonly id: number; readonly to: string | undefined }
  | { readonly kind: "runner"; readonly to: Arm };

function useWay(deployment: Deployment): Way {
  const { model, flow: id, order } = deployment;
  const query = useQuery({ ...flowQuery(model, id ?? 0), enabled: id !== undefined });
  if (order !== undefined && order.outcome === undefined) return { kind: "none", why: "underWay" };
  if (id !== undefined) {
    const flow = query.data?.flow;
    if (flow === undefined) return { kind: "none", why: "loading" };
    if (flow.work === "undo") return { kind: "none", why: "underWay" };
    if (flow.work === undefined && flow.outcome !== "promoted") return { kind: "none", why: "givenUp" };
    return { kind: "flow", id, to: flow.former };
  }
  const to = formerPrimary(deployment);
  return to === undefined ? { kind: "none", why: "nothingBefore" } : { kind: "runner", to };
}

function Asking(props: { deployment: Deployment; way: Exclude<Way, { kind: "none" }>; onClose(): void }) {
  const { deployment, way, onClose } = props;
  const { id, name, model, arms, runners, target, place } = deployment;
  const text = useText();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const act = useMutation({
    mutationFn: () => deploymentClient.rollback(model, id, reason),
    onSuccess: onClose,
    onSettled: () => refreshDeployments(queries),
  });
  const isAlone = runners.length === 0;
  const now = arms.find(({ role }) => role === "primary");
  const short = (uri: string | undefined) => {
    const served = versionOfUri(uri ?? "");
    return served === undefined ? (uri ?? "–") : text.models.versionName(served.version);
  };
  const then = way.kind === "runner" ? short(way.to.uri) : way.to && text.models.versionName(way.to);
  return (
    <Dialog title={text.deployments.rollBackOf(name)} onClose={onClose}>
      <section className={classes.part}>
        <h3>{text.promotion.wouldChange}</h3>
        <dl className={classes.change}>
          <div>
            <dt>{text.deployments.servesNow}</dt>
            <dd>{short(now?.uri)}</dd>
          </div>
          <ArrowIcon size={16} />
          <div>
            <dt>{text.deployments.wouldServe}</dt>
            <dd>{then ?? text.deployments.nobody}</dd>
          </div>
        </dl>
        <p>
          {way.kind === "flow" ? text.deployments.byFlow(way.id) : text.deployments.byRunner(runners[0] ?? "", place)}
        </p>
      </section>
      {isAlone ? (
        <section className={classes.warning}>
          <strong>{text.deployments.noRunnerAt(target, place)}</strong>
          <p>{way.kind === "flow" ? text.deployments.flowWaits : text.deployments.orderRests}</p>
          <CodeBlock code={`npx esteira flow work${target === "local" ? "" : ` --target ${target}`}`} />
          {way.kind === "flow" ? null : <CodeBlock code={commandFor(deployment)} />}
        </section>
      ) : null}
      <TextInput
        size="sm"
        label={text.flows.reason}
        description={text.flows.reasonHint}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        autoComplete="off"
      />
      <Refusal error={act.error} />
      <div className={classes.buttons}>
        <Button
          color="red"
          loading={act.isPending}
          disabled={isAlone && way.kind === "runner"}
          onClick={() => act.mutate()}
        >
          {text.flows.reallyRollback}
        </Button>
        <Button variant="subtle" color="gray" onClick={onClose}>
          {text.common.cancel}
        </Button>
      </div>
    </Dialog>
  );
}
