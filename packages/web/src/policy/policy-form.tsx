import type { Policy } from "@esteira/core/policy/policy";
import { Button, Checkbox, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, useState } from "react";
import { Refusal } from "../access/refusal.tsx";
import { policyClient } from "../api/policy-client.ts";
import { useText } from "../i18n/use-text.tsx";
import classes from "./policy.module.css";
import { draftOf, type FreezeDraft, type PolicyDraft, PROTECTABLE, policyOf } from "./policy-draft.ts";

type TextField = { [K in keyof PolicyDraft]: PolicyDraft[K] extends string ? K : never }[keyof PolicyDraft];

interface PartProps {
  readonly draft: PolicyDraft;
  readonly change: (part: Partial<PolicyDraft>) => void;
}

/** What a field of text needs to show its part of the draft and to change it. */
const binding =
  ({ draft, change }: PartProps) =>
  (field: TextField) => ({
    value: draft[field],
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      change({ [field]: event.currentTarget.value }),
    autoComplete: "off",
    size: "sm",
  });

/** Sets a model's policy. What is wrong with it the server says, and nothing written is lost. */
export function PolicyForm({
  name,
  policy,
  onEnd,
}: {
  name: string;
  policy: Policy | undefined;
  onEnd: () => Promise<void> | void;
}) {
  const text = useText();
  const [draft, setDraft] = useState(() => draftOf(policy));
  const change = (part: Partial<PolicyDraft>) => setDraft((before) => ({ ...before, ...part }));
  const save = useMutation({ mutationFn: () => policyClient.set(name, policyOf(draft)), onSuccess: onEnd });
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Targets draft={draft} change={change} />
      <EvidencePart draft={draft} change={change} />
      <ApprovalsPart draft={draft} change={change} />
      <FreezesPart draft={draft} change={change} />
      <Refusal error={save.error} />
      <div className={classes.row}>
        <Button type="submit" loading={save.isPending}>
          {text.policy.save}
        </Button>
        <Button variant="subtle" color="gray" onClick={() => void onEnd()}>
          {text.common.cancel}
        </Button>
      </div>
    </form>
  );
}

function Targets({ draft, change }: PartProps) {
  const text = useText();
  const bound = binding({ draft, change });
  return (
    <fieldset>
      <TextInput label={text.models.aliases} description={text.policy.aliasesHint} {...bound("aliases")} autoFocus />
      <div className={classes.row}>
        {PROTECTABLE.map((stage) => (
          <Checkbox
            key={stage}
            size="sm"
            label={text.stages[stage]}
            checked={draft.stages.includes(stage)}
            onChange={(event) => {
              const isOn = event.currentTarget.checked;
              change({ stages: PROTECTABLE.filter((one) => (one === stage ? isOn : draft.stages.includes(one))) });
            }}
          />
        ))}
      </div>
    </fieldset>
  );
}

function EvidencePart({ draft, change }: PartProps) {
  const text = useText();
  const bound = binding({ draft, change });
  return (
    <fieldset>
      <Checkbox
        size="sm"
        label={text.policy.asksEvidence}
        checked={draft.asksEvidence}
        onChange={(event) => change({ asksEvidence: event.currentTarget.checked })}
      />
      {draft.asksEvidence ? (
        <>
          <Textarea
            label={text.policy.keys}
            description={text.policy.keysHint}
            {...bound("keys")}
            autosize
            minRows={2}
          />
          <Textarea
            label={text.policy.identities}
            description={text.policy.identitiesHint}
            {...bound("identities")}
            autosize
            minRows={1}
          />
          <div className={classes.pair}>
            <TextInput label={text.policy.gate} description={text.policy.gateHint} {...bound("gate")} />
            <TextInput
              label={text.policy.maxAge}
              description={text.policy.maxAgeHint}
              {...bound("maxAgeDays")}
              type="number"
              min={1}
              max={3650}
            />
          </div>
        </>
      ) : null}
    </fieldset>
  );
}

function ApprovalsPart({ draft, change }: PartProps) {
  const text = useText();
  const bound = binding({ draft, change });
  return (
    <fieldset>
      <Checkbox
        size="sm"
        label={text.policy.asksApprovals}
        checked={draft.asksApprovals}
        onChange={(event) => change({ asksApprovals: event.currentTarget.checked })}
      />
      {draft.asksApprovals ? (
        <div className={classes.pair}>
          <TextInput label={text.policy.people} {...bound("count")} type="number" min={1} max={20} />
          <TextInput label={text.policy.role} {...bound("role")} />
        </div>
      ) : null}
    </fieldset>
  );
}

function FreezesPart({ draft, change }: PartProps) {
  const text = useText();
  const edit = (key: number, part: Partial<FreezeDraft>) =>
    change({ freezes: draft.freezes.map((freeze) => (freeze.key === key ? { ...freeze, ...part } : freeze)) });
  return (
    <fieldset>
      {draft.freezes.map((freeze) => (
        <div key={freeze.key} className={classes.freeze}>
          <TextInput
            label={text.policy.from}
            type="datetime-local"
            value={freeze.from}
            onChange={(event) => edit(freeze.key, { from: event.currentTarget.value })}
            size="sm"
          />
          <TextInput
            label={text.policy.until}
            type="datetime-local"
            value={freeze.until}
            onChange={(event) => edit(freeze.key, { until: event.currentTarget.value })}
            size="sm"
          />
          <TextInput
            label={text.policy.reason}
            value={freeze.reason}
            onChange={(event) => edit(freeze.key, { reason: event.currentTarget.value })}
            autoComplete="off"
            size="sm"
          />
          <Button
            variant="subtle"
            color="gray"
            onClick={() => change({ freezes: draft.freezes.filter(({ key }) => key !== freeze.key) })}
          >
            {text.policy.removeFreeze}
          </Button>
        </div>
      ))}
      <div>
        <Button
          variant="default"
          onClick={() => {
            const key = 1 + Math.max(-1, ...draft.freezes.map((freeze) => freeze.key));
            change({ freezes: [...draft.freezes, { key, from: "", until: "", reason: "" }] });
          }}
        >
          {text.policy.addFreeze}
        </Button>
      </div>
    </fieldset>
  );
}
