import type { Run } from "@esteira/core/entities/run";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { childRunsQuery } from "../api/run-queries.ts";
import { useText } from "../i18n/use-text.tsx";
import { runNameOf } from "../runs/run-values.ts";
import { StatusDot } from "../runs/status-badge.tsx";
import { Section } from "../shell/page.tsx";
import classes from "./run.module.css";
import { sweepChartOf } from "./sweep.ts";

/** The runs nested in this one; of a sweep, with the way to their picture. Nothing where there are none. */
export function Children({ run }: { run: Run }) {
  const text = useText();
  const { experimentId, runId } = run.info;
  const children = useQuery(childRunsQuery(experimentId, runId)).data;
  if (children === undefined || children.length === 0) return null;
  const chart = sweepChartOf(run);
  return (
    <Section
      title={text.run.nested}
      aside={
        chart === undefined ? undefined : (
          <Link
            to="/experiments/$experimentId/charts"
            params={{ experimentId }}
            search={{ view: "parallel", ...chart }}
          >
            {text.charts.views.parallel}
          </Link>
        )
      }
    >
      <div className={classes.children}>
        {children.map((child) => (
          <span key={child.info.runId} className={classes.child}>
            <StatusDot status={child.info.status} />
            <Link
              to="/experiments/$experimentId/runs/$runId"
              params={{ experimentId: child.info.experimentId, runId: child.info.runId }}
            >
              {runNameOf(child)}
            </Link>
          </span>
        ))}
      </div>
    </Section>
  );
}
