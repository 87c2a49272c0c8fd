import type { ModelVersion, RegisteredModel } from "@esteira/core/entities/registered-model";
import { STAGES } from "@esteira/core/entities/registered-model";
import type { Target } from "@esteira/core/policy/policy";
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { Dialog } from "../shell/dialog.tsx";
import { ArrowIcon } from "../shell/icons.tsx";
import { notices } from "../shell/notice-store.ts";
import { Dim } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import { Conditions, isOpen } from "./conditions.tsx";
import { prospectQuery, refreshModel } from "./life-queries.ts";
import { Overtaken, promote, takeBack } from "./promote.ts";
import classes from "./promotion.module.css";
import { type Plan, planOf, targetIn, targetKey, targetText } from "./promotion-plan.ts";

export interface PromotionDialogProps {
  readonly model: RegisteredModel;
  readonly versions: readonly ModelVersion[];
  readonly version: string;
  /** Chosen at first; fixed where it is a rollback. */
  readonly target: Target;
  readonly isRollback?: boolean;
  onClose(): void;
}

const NEW_ALIAS = "alias:";

/** Shows what a promotion would change and what its policy misses, then does it. */
export function PromotionDialog({
  model,
  versions,
  version,
  target,
  isRollback = false,
  onClose,
}: PromotionDialogProps) {
  const text = useText();
  const [choice, setChoice] = useState(targetKey(target));
  const [newAlias, setNewAlias] = useState("");
  const chosen = choice === NEW_ALIAS ? { alias: newAlias.trim() } : targetIn(choice);
  return (
    <Dialog
      title={isRollback ? text.promotion.rollBackTo(version) : text.promotion.promoteVersion(version)}
      onClose={onClose}
    >
      {isRollback ? null : (
        <TargetChoice model={model} choice={choice} onChoose={setChoice} newAlias={newAlias} onName={setNewAlias} />
      )}
      {"alias" in chosen && chosen.alias === "" ? null : (
        <Decision key={targetKey(chosen)} {...{ model, versions, version, isRollback, onClose, target: chosen }} />
      )}
    </Dialog>
  );
}

function TargetChoice(props: {
  model: RegisteredModel;
  choice: string;
  onChoose(choice: string): void;
  newAlias: string;
  onName(name: string): void;
}) {
  const text = useText();
  const aliases = [...new Set(["champion", ...props.model.aliases.map(({ alias }) => alias)])];
  return (
    <>
      <label className={classes.label}>
        {text.promotion.target}
        <select
          className={classes.select}
          value={props.choice}
          onChange={(event) => props.onChoose(event.currentTarget.value)}
        >
          <optgroup label={text.promotion.alias}>
            {aliases.map((alias) => (
              <option key={alias} value={targetKey({ alias })}>{`@${alias}`}</option>
            ))}
            <option value={NEW_ALIAS}>{text.promotion.newAlias}</option>
          </optgroup>
          <optgroup label={text.promotion.stage}>
            {STAGES.filter((stage) => stage !== "None").map((stage) => (
              <option key={stage} value={targetKey({ stage })}>
                {text.stages[stage]}
              </option>
            ))}
          </optgroup>
        </select>
      </label>
      {props.choice === NEW_ALIAS ? (
        <TextInput
          size="sm"
          label={text.promotion.newAliasLabel}
          value={props.newAlias}
          onChange={(event) => props.onName(event.currentTarget.value)}
          autoComplete="off"
        />
      ) : null}
    </>
  );
}

function Decision({ model, versions, version, target, isRollback, onClose }: PromotionDialogProps) {
  const text = useText();
  const queries = useQueryClient();
  const prospect = useQuery(prospectQuery(model.name, version, target));
  // What is confirmed is what is read here, whatever happens meanwhile: the plan stays until it is looked at again.
  const [plan, setPlan] = useState(() => planOf(version, target, { aliases: model.aliases, versions }));
  const shown = targetText(target, text.stages);
  const act = useMutation({
    mutationFn: () => promote(model.name, plan),
    onSuccess: () => {
      onClose();
      const undo = async () => {
        await takeBack(model.name, plan);
        await refreshModel(queries, model.name);
        notices.tell({ text: text.promotion.undone(shown) });
      };
      // A protected target is replaced and never taken away: the way back is a promotion of its own, by the same rules.
      const isReversible = prospect.data?.isProtected !== true;
      notices.tell({ text: text.promotion.done(version, shown), ...(isReversible ? { undo } : {}) });
    },
    onSettled: () => refreshModel(queries, model.name),
  });
  const lookAgain = () => {
    act.reset();
    setPlan(planOf(version, target, { aliases: model.aliases, versions }));
  };
  const mayAsk = isOpen(prospect.data) && !plan.isSame && !(act.error instanceof Overtaken);
  return (
    <>
      <section className={classes.part}>
        <h3>{text.promotion.wouldChange}</h3>
        <Change plan={plan} />
      </section>
      <section className={classes.part}>
        <h3>{text.promotion.conditions}</h3>
        <Answer query={prospect}>{(found) => <Conditions prospect={found} />}</Answer>
      </section>
      {act.error === null ? null : <Problem error={act.error} onLookAgain={lookAgain} />}
      <div className={classes.buttons}>
        <Button onClick={() => act.mutate()} disabled={!mayAsk} loading={act.isPending}>
          {isRollback ? text.promotion.confirmRollBack : text.promotion.confirm}
        </Button>
        <Button variant="subtle" color="gray" onClick={onClose}>
          {text.common.cancel}
        </Button>
        {prospect.data !== undefined && !isOpen(prospect.data) ? <Dim>{text.promotion.disabledUnmet}</Dim> : null}
      </div>
    </>
  );
}

function Change({ plan }: { plan: Plan }) {
  const text = useText();
  if (plan.isSame) return <Dim>{text.promotion.staysSame}</Dim>;
  const names = (list: readonly string[]) =>
    list.length === 0 ? text.promotion.nobody : list.map(text.models.versionName).join(", ");
  return (
    <>
      <div className={classes.change}>
        <dl style={{ margin: 0 }}>
          <dt>
            {targetText(plan.target, text.stages)} · {text.promotion.before}
          </dt>
          <dd>{names(plan.before)}</dd>
        </dl>
        <ArrowIcon size={18} />
        <dl style={{ margin: 0 }}>
          <dt>{text.promotion.after}</dt>
          <dd>{names([plan.version])}</dd>
        </dl>
      </div>
      {plan.archived.length > 0 ? <Dim>{text.promotion.archives(plan.archived.join(", "))}</Dim> : null}
    </>
  );
}

function Problem({ error, onLookAgain }: { error: Error; onLookAgain(): void }) {
  const text = useText();
  if (error instanceof Overtaken) {
    const now =
      error.holders.length === 0 ? text.promotion.nobody : error.holders.map(text.models.versionName).join(", ");
    return (
      <div className={classes.refusal} role="alert">
        <p>{text.promotion.conflict(now)}</p>
        <Button mt={8} variant="default" onClick={onLookAgain}>
          {text.promotion.lookAgain}
        </Button>
      </div>
    );
  }
  return (
    <div className={classes.refusal} role="alert">
      <strong>{text.promotion.refusedTitle}</strong>
      <p lang="en">{error.message}</p>
    </div>
  );
}
