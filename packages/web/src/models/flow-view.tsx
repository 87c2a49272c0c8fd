import type { FlowDetails } from "@esteira/core/flow/entity";
import { useQuery } from "@tanstack/react-query";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Section } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import { FlowActions } from "./flow-actions.tsx";
import { FlowBadge } from "./flow-badge.tsx";
import { type ShownStep, shownSteps } from "./flow-steps.ts";
import classes from "./flows.module.css";
import { flowQuery } from "./life-queries.ts";

/** One flow: each of its steps, what it waits for, and what people may say to it. */
export function FlowView({ name, id }: { name: string; id: number }) {
  const query = useQuery(flowQuery(name, id));
  return <Answer query={query}>{(details) => <Loaded details={details} />}</Answer>;
}

function Loaded({ details }: { details: FlowDetails }) {
  const text = useText();
  const { flow } = details;
  return (
    <Section
      title={`${text.flows.flow(flow.id)} · ${text.models.versionName(flow.version)}`}
      aside={<FlowBadge flow={flow} />}
    >
      {flow.reason === undefined ? null : <p className={classes.reason}>{flow.reason}</p>}
      <ol className={classes.steps}>
        {shownSteps(details).map((step) => (
          <Step key={step.work} shown={step} />
        ))}
      </ol>
      {flow.work === "approval" && details.unmet.length > 0 ? (
        <div className={classes.unmet}>
          <strong>{text.flows.waitsForPolicy}</strong>
          <ul lang="en">
            {details.unmet.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </div>
      ) : null}
      <FlowActions details={details} />
      {flow.work === undefined ? null : <p className={classes.refresh}>{text.flows.refresh}</p>}
    </Section>
  );
}

function Step({ shown }: { shown: ShownStep }) {
  const text = useText();
  const format = useFormat();
  const { work, state, step, note } = shown;
  const took = step?.endedAt === undefined ? undefined : format.duration(step.endedAt - step.beganAt);
  const claims = step === undefined || step.claims <= 1 ? undefined : text.flows.tries(step.claims);
  return (
    <li
      className={classes.step}
      data-state={state}
      aria-current={state === "now" || state === "waiting" ? "step" : undefined}
    >
      <span className={classes.dot} aria-hidden="true" />
      <span className={classes.name}>{text.flows.works[work]}</span>
      <span className={classes.state}>
        {[text.flows.states[state], took, claims].filter((part) => part !== undefined).join(" · ")}
      </span>
      {note === undefined ? null : (
        <span className={classes.note} lang="en">
          {note}
        </span>
      )}
    </li>
  );
}
