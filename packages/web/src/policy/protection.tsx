import type { Policy } from "@esteira/core/policy/policy";
import { Badge, Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Refusal } from "../access/refusal.tsx";
import { accessQuery } from "../access/session.ts";
import { policyClient } from "../api/policy-client.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Dim, Facts, Mono } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import classes from "./policy.module.css";
import { PolicyForm } from "./policy-form.tsx";
import { policyQuery } from "./policy-query.ts";

/** What protects a model's aliases and stages, and for those who may, the form that sets it. */
export function Protection({ name }: { name: string }) {
  const query = useQuery(policyQuery(name));
  return <Answer query={query}>{(policy) => <Loaded name={name} policy={policy ?? undefined} />}</Answer>;
}

function Loaded({ name, policy }: { name: string; policy: Policy | undefined }) {
  const text = useText();
  const queries = useQueryClient();
  const access = useQuery(accessQuery).data;
  const [isOpen, setOpen] = useState(false);
  const reload = () => queries.invalidateQueries({ queryKey: policyQuery(name).queryKey });
  if (isOpen) {
    return (
      <PolicyForm
        name={name}
        policy={policy}
        onEnd={() => {
          setOpen(false);
          return reload();
        }}
      />
    );
  }
  const maySet = access !== undefined && (!access.enabled || access.user?.isAdmin === true);
  return (
    <>
      {policy === undefined ? <Dim>{text.policy.none}</Dim> : <Shown policy={policy} />}
      {maySet ? (
        <div className={classes.below}>
          <Button variant="default" onClick={() => setOpen(true)}>
            {policy === undefined ? text.policy.set : text.policy.change}
          </Button>
          {policy === undefined ? null : <Remove name={name} onEnd={reload} />}
        </div>
      ) : access === undefined ? null : (
        <p className={classes.below}>
          <Dim>{text.policy.adminsOnly}</Dim>
        </p>
      )}
    </>
  );
}

function Shown({ policy }: { policy: Policy }) {
  const text = useText();
  const format = useFormat();
  const { aliases, stages, evidence, approvals, freezes } = policy;
  return (
    <Facts
      facts={[
        [
          text.policy.protected,
          <span key="targets" className={classes.row}>
            {aliases.map((alias) => (
              <Badge key={`@${alias}`} variant="outline">{`@${alias}`}</Badge>
            ))}
            {stages.map((stage) => (
              <Badge key={stage}>{text.stages[stage]}</Badge>
            ))}
          </span>,
        ],
        [
          text.policy.evidence,
          evidence === undefined ? undefined : (
            <ul key="evidence" className={classes.lines}>
              <li>{text.policy.passedGate(evidence.max_age_days)}</li>
              {evidence.gate === undefined ? null : (
                <li>
                  {text.policy.gate}: <Mono>{evidence.gate}</Mono>
                </li>
              )}
              {[...evidence.keys, ...evidence.identities].map((trusted) => (
                <li key={trusted}>
                  <Mono>{trusted}</Mono>
                </li>
              ))}
            </ul>
          ),
        ],
        [text.policy.approvals, approvals && text.policy.ofRole(approvals.count, approvals.role)],
        [
          text.policy.freezes,
          freezes.length === 0 ? undefined : (
            <ul key="freezes" className={classes.lines}>
              {freezes.map(({ from, until, reason }) => (
                <li key={from}>
                  {format.dateTime(Date.parse(from))} – {format.dateTime(Date.parse(until))}: {reason}
                </li>
              ))}
            </ul>
          ),
        ],
      ]}
    />
  );
}

/** Two clicks: afterwards anybody who may change the model may promote. */
function Remove({ name, onEnd }: { name: string; onEnd: () => Promise<void> }) {
  const text = useText();
  const [asks, setAsks] = useState(false);
  const remove = useMutation({ mutationFn: () => policyClient.remove(name), onSuccess: onEnd });
  if (!asks) {
    return (
      <Button variant="subtle" color="gray" onClick={() => setAsks(true)}>
        {text.policy.remove}
      </Button>
    );
  }
  return (
    <>
      <Button color="red" onClick={() => remove.mutate()} loading={remove.isPending}>
        {text.policy.reallyRemove}
      </Button>
      <Button variant="subtle" color="gray" onClick={() => setAsks(false)}>
        {text.common.cancel}
      </Button>
      <Refusal error={remove.error} />
    </>
  );
}
