import type { FlowDetails } from "@esteira/core/flow/entity";
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Refusal } from "../access/refusal.tsx";
import { useMay } from "../access/rights.tsx";
import { accessQuery } from "../access/session.ts";
import { flowClient } from "../api/flow-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { Dialog } from "../shell/dialog.tsx";
import { Dim } from "../shell/page.tsx";
import { prospectQuery, refreshModel } from "./life-queries.ts";
import classes from "./promotion.module.css";

type Ask = "approve" | "decline" | "cancel" | "rollback";

/** What a person may say to a flow in its present state. */
export function FlowActions({ details: { flow } }: { details: FlowDetails }) {
  const text = useText();
  const queries = useQueryClient();
  const access = useQuery(accessQuery).data;
  const [asks, setAsks] = useState<Exclude<Ask, "approve">>();
  const isWaiting = flow.work === "approval";
  const author = useQuery({
    ...prospectQuery(flow.model, flow.version, { alias: flow.spec.alias }),
    enabled: isWaiting,
  }).data?.author;
  const may = useMay("registered_model", flow.model);
  const me = access?.user?.username;
  const isOwn = me !== undefined && me === author;
  const act = useMutation({
    mutationFn: ({ ask, reason }: { ask: Ask; reason: string }) =>
      ask === "approve" || ask === "decline"
        ? flowClient.decide(flow.model, flow.id, ask, reason)
        : flowClient.end(flow.model, flow.id, ask, reason),
    onSuccess: () => setAsks(undefined),
    onSettled: () => refreshModel(queries, flow.model),
  });
  const canCancel = flow.work !== undefined && flow.work !== "undo" && flow.work !== "archive";
  const canRollBack = flow.work === "archive" || flow.outcome === "promoted";
  const former = flow.former;
  const words = {
    decline: { button: text.flows.decline, sure: text.flows.reallyDecline },
    cancel: { button: text.flows.cancel, sure: text.flows.reallyCancel },
    rollback: { button: text.flows.rollback, sure: text.flows.reallyRollback },
  };
  const offer = (ask: Exclude<Ask, "approve">) => (
    <Button
      variant="default"
      // A yes or no is a person's who may read; ending a flow changes the version.
      disabled={ask !== "decline" && !may.update}
      onClick={() => {
        act.reset();
        setAsks(ask);
      }}
    >
      {words[ask].button}
    </Button>
  );
  return (
    <div className={classes.buttons}>
      {isWaiting && !isOwn ? (
        <Button loading={act.isPending} onClick={() => act.mutate({ ask: "approve", reason: "" })}>
          {text.flows.approve}
        </Button>
      ) : null}
      {isWaiting ? offer("decline") : null}
      {canCancel ? offer("cancel") : null}
      {canRollBack ? offer("rollback") : null}
      {(canCancel || canRollBack) && !may.update ? <Dim>{may.why}</Dim> : null}
      {isWaiting && isOwn ? <Dim>{text.promotion.ownVersion}</Dim> : null}
      {asks === undefined ? <Refusal error={act.error} /> : null}
      {asks === undefined ? null : (
        <Ending
          title={`${words[asks].sure} · ${text.flows.flow(flow.id)}`}
          sure={words[asks].sure}
          what={former === undefined ? text.flows.wouldEnd : text.flows.wouldUndo(former)}
          error={act.error}
          isPending={act.isPending}
          onClose={() => setAsks(undefined)}
          onSure={(reason) => act.mutate({ ask: asks, reason })}
        />
      )}
    </div>
  );
}

function Ending(props: {
  title: string;
  sure: string;
  what: string;
  error: unknown;
  isPending: boolean;
  onClose(): void;
  onSure(reason: string): void;
}) {
  const text = useText();
  const [reason, setReason] = useState("");
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <section className={classes.part}>
        <h3>{text.promotion.wouldChange}</h3>
        <span>{props.what}</span>
      </section>
      <TextInput
        size="sm"
        label={text.flows.reason}
        description={text.flows.reasonHint}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        autoComplete="off"
      />
      <Refusal error={props.error} />
      <div className={classes.buttons}>
        <Button color="red" loading={props.isPending} onClick={() => props.onSure(reason)}>
          {props.sure}
        </Button>
        <Button variant="subtle" color="gray" onClick={props.onClose}>
          {text.common.cancel}
        </Button>
      </div>
    </Dialog>
  );
}
