/** Ours: what serves versions, as those who deploy have told it. Times are milliseconds since the epoch. */
export interface DeploymentTables {
  esteira_deployments: {
    /** The place in the timeline of the entry that first told of it. */
    id: number;
    target: string;
    place: string;
    name: string;
    /** Of what answers. */
    model: string;
    version: number;
    state: string;
    /** JSON: a list of `Arm`. */
    arms: string;
    former: string | null;
    url: string | null;
    generation: number | null;
    changed_at: number;
    changed_by: string;
    flow: number | null;
    problem: string | null;
  };
  esteira_deployment_changes: {
    /** The place in the timeline of its entry. */
    id: number;
    deployment: number;
    model: string;
    version: number;
    kind: string;
    arms: string;
    changed_at: number;
    changed_by: string;
    flow: number | null;
    note: string | null;
  };
  esteira_rollback_orders: {
    /** The place in the timeline of its entry. */
    id: number;
    deployment: number;
    asked_by: string;
    asked_at: number;
    reason: string;
    /** Of the deployment, when it was asked for: one that has changed since is not rolled back. */
    generation: number | null;
    lease: string | null;
    leased_until: number | null;
    runner: string | null;
    outcome: string | null;
    note: string | null;
    ended_at: number | null;
  };
  /** Who asks for work where. */
  esteira_runners: { runner: string; target: string; place: string; seen_at: number };
}
