import type { Policy, Target } from "@esteira/core/policy/policy";
import type { Prospect } from "@esteira/core/policy/prospect";
import { Badge, Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Refusal } from "../access/refusal.tsx";
import { useMay } from "../access/rights.tsx";
import { accessQuery } from "../access/session.ts";
import { policyClient } from "../api/policy-client.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { policyQuery } from "../policy/policy-query.ts";
import { notices } from "../shell/notice-store.ts";
import { Dim, Mono } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import { Conditions } from "./conditions.tsx";
import { prospectQuery, refreshModel } from "./life-queries.ts";
import classes from "./promotion.module.css";
import { targetKey, targetText } from "./promotion-plan.ts";

interface StandingProps {
  readonly name: string;
  readonly version: string;
  onPromote(target: Target): void;
}

/** How a version stands before each target that its model's policy protects. */
export function Standing({ name, version, onPromote }: StandingProps) {
  const policy = useQuery(policyQuery(name));
  return (
    <Answer query={policy}>
      {(found) => (
        <div className={classes.panels}>
          {targetsOf(found).map((target) => (
            <Panel key={targetKey(target)} {...{ name, version, target, onPromote }} />
          ))}
        </div>
      )}
    </Answer>
  );
}

const targetsOf = (policy: Policy | null): readonly Target[] =>
  policy === null
    ? [{ alias: "champion" }]
    : [...policy.aliases.map((alias) => ({ alias })), ...policy.stages.map((stage) => ({ stage }))];

function Panel({ name, version, target, onPromote }: StandingProps & { target: Target }) {
  const text = useText();
  const query = useQuery(prospectQuery(name, version, target));
  const may = useMay("registered_model", name);
  return (
    <section className={classes.panel}>
      <div className={classes.panelHead}>
        <h2>{targetText(target, text.stages)}</h2>
        <Button variant="default" disabled={!may.update} title={may.why} onClick={() => onPromote(target)}>
          {text.promotion.promote}
        </Button>
      </div>
      <Answer query={query}>
        {(prospect) => (
          <>
            <Conditions prospect={prospect} />
            {prospect.approvals === undefined ? null : <Approvals {...{ name, version, target, prospect }} />}
            <EvidenceList prospect={prospect} />
          </>
        )}
      </Answer>
    </section>
  );
}

function Approvals(props: { name: string; version: string; target: Target; prospect: Prospect }) {
  const { name, version, target, prospect } = props;
  const text = useText();
  const queries = useQueryClient();
  const access = useQuery(accessQuery).data;
  const approve = useMutation({
    mutationFn: () => policyClient.approve(name, version, target),
    onSuccess: () => notices.tell({ text: text.promotion.approved(targetText(target, text.stages)) }),
    onSettled: () => refreshModel(queries, name),
  });
  const { count, role } = prospect.approvals ?? { count: 0, role: "" };
  const me = access?.user?.username;
  const why = whyNot();
  return (
    <div className={classes.part}>
      <h3>{text.promotion.approvals}</h3>
      <div className={classes.progress}>
        {Array.from({ length: count }, (_, place) => `place ${place}`).map((key, place) => (
          <span key={key} data-given={place < prospect.approvers.length} />
        ))}
        &nbsp;{text.promotion.approvalsOf(prospect.approvers.length, count, role)}
      </div>
      {prospect.approvers.length === 0 ? (
        <Dim>{text.promotion.noApprovals}</Dim>
      ) : (
        <div className={classes.buttons}>
          {prospect.approvers.map((approver) => (
            <Badge key={approver} color="green">
              {approver}
            </Badge>
          ))}
        </div>
      )}
      {prospect.author === undefined ? null : (
        <Dim>
          {text.promotion.author} {prospect.author}
        </Dim>
      )}
      {why === undefined ? (
        <div className={classes.buttons}>
          <Button onClick={() => approve.mutate()} loading={approve.isPending}>
            {text.promotion.approve}
          </Button>
        </div>
      ) : (
        <Dim>{why}</Dim>
      )}
      <Refusal error={approve.error} />
    </div>
  );

  function whyNot(): string | undefined {
    if (me === undefined) return text.promotion.needsPerson;
    if (me === prospect.author) return text.promotion.ownVersion;
    return prospect.approvers.includes(me) ? text.promotion.approvedAlready : undefined;
  }
}

function EvidenceList({ prospect }: { prospect: Prospect }) {
  const text = useText();
  const format = useFormat();
  return (
    <div className={classes.part}>
      <h3>{text.promotion.evidence}</h3>
      {prospect.evidence.length === 0 ? <Dim>{text.promotion.noEvidence}</Dim> : null}
      <ul className={classes.lines}>
        {prospect.evidence.map((one) => (
          <li key={`${one.digest} ${one.key ?? one.identity ?? ""}`}>
            {prospect.isProtected ? (
              <Badge color={one.counts ? "green" : "gray"}>
                {one.counts ? text.promotion.counts : text.promotion.countsNot}
              </Badge>
            ) : null}
            <span>{format.dateTime(one.at)}</span>
            <Dim>
              {one.identity === undefined ? text.promotion.signedBy : text.promotion.broughtBy}{" "}
              <Mono>{one.identity ?? one.key?.slice(0, 12) ?? ""}</Mono> · {text.models.gate}{" "}
              <Mono>{one.gate.slice(0, 16)}</Mono>
            </Dim>
          </li>
        ))}
      </ul>
    </div>
  );
}
