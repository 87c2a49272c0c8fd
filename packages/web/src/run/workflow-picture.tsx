import type { Run } from "@esteira/core/entities/run";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { runsByIdQuery } from "../api/run-queries.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { durationOf } from "../runs/run-values.ts";
import { StatusDot } from "../runs/status-badge.tsx";
import { Section } from "../shell/page.tsx";
import classes from "./workflow.module.css";
import { type WorkflowStep, workflowOf } from "./workflow.ts";
import { layoutWorkflow, NODE, pathOf } from "./workflow-layout.ts";

const REFRESH_MS = 3_000;

/** The steps of a workflow as a picture: what waits for what, how each stands, and whose work it is. Nothing for other runs. */
export function WorkflowPicture({ run }: { run: Run }) {
  const text = useText();
  const steps = workflowOf(run);
  const ids = steps.flatMap(({ run: id }) => (id === undefined ? [] : [id]));
  const live = run.info.status === "RUNNING";
  const found = useQuery({
    ...runsByIdQuery([run.info.experimentId], ids),
    refetchInterval: live ? REFRESH_MS : false,
  }).data;
  if (steps.length === 0) return null;
  const layout = layoutWorkflow(steps);
  const runOf = (id: string | undefined) => found?.find(({ info }) => info.runId === id);
  return (
    <Section title={text.run.steps}>
      {/* Wider than a phone, it scrolls by itself; a keyboard reaches it through the steps. */}
      <div className={classes.frame}>
        <div className={classes.picture} style={{ width: layout.width, height: layout.height }}>
          <svg width={layout.width} height={layout.height} aria-hidden="true">
            <defs>
              <marker
                id="workflow-arrow"
                viewBox="0 0 8 8"
                refX="7"
                refY="4"
                markerWidth="7"
                markerHeight="7"
                orient="auto"
              >
                <path d="M0 0L8 4L0 8z" className={classes.arrow} />
              </marker>
            </defs>
            {layout.edges.map(({ from, to, points }) => (
              <path
                key={`${from} ${to}`}
                d={pathOf(points)}
                className={classes.edge}
                markerEnd="url(#workflow-arrow)"
              />
            ))}
          </svg>
          <ol className={classes.steps}>
            {layout.nodes.map(({ name, x, y }) => {
              const step = steps.find((one) => one.name === name);
              return step === undefined ? null : (
                <li key={name} style={{ left: x, top: y, width: NODE.width, height: NODE.height }}>
                  <Node step={step} run={runOf(step.run)} experimentId={run.info.experimentId} />
                </li>
              );
            })}
          </ol>
        </div>
      </div>
    </Section>
  );
}

function Node({ step, run, experimentId }: { step: WorkflowStep; run: Run | undefined; experimentId: string }) {
  const text = useText();
  const format = useFormat();
  const duration = run && durationOf(run.info, Date.now());
  const state = [
    step.run === undefined ? text.run.notBegun : run ? text.status[run.info.status] : undefined,
    duration === undefined ? undefined : format.duration(duration),
  ].filter((part) => part !== undefined);
  const inside = (
    <>
      <span className={classes.head}>
        <span className={classes.name}>{step.name}</span>
        {step.cached ? <span className={classes.reused}>{text.run.reused}</span> : null}
      </span>
      <span className={classes.state}>
        {run ? <StatusDot status={run.info.status} /> : null}
        <span>{state.slice(run ? 1 : 0).join(" · ")}</span>
      </span>
      {step.needs.length === 0 ? null : <span className={classes.unseen}>{text.run.after(step.needs.join(", "))}</span>}
    </>
  );
  const look = `${classes.node} ${step.cached ? classes.cached : ""}`;
  return step.run === undefined ? (
    <span className={`${look} ${classes.waiting}`}>{inside}</span>
  ) : (
    <Link
      className={look}
      to="/experiments/$experimentId/runs/$runId"
      params={{ experimentId: run?.info.experimentId ?? experimentId, runId: step.run }}
      title={state.join(" · ")}
    >
      {inside}
    </Link>
  );
}
