/** Ours: how versions go to production. Times are milliseconds since the epoch. */
export interface FlowTables {
  esteira_flow_specs: {
    model: string;
    /** JSON: a `FlowSpec`. */
    spec: string;
  };
  esteira_flows: {
    /** The place in the timeline of the entry that started it. */
    id: number;
    model: string;
    version: number;
    /** The version that had the alias when the flow began. */
    former: number | null;
    target: string;
    /** JSON: a `FlowState`, of which the columns below are there to search by. */
    state: string;
    work: string | null;
    number: number;
    due_at: number;
    deadline: number | null;
    /** The place in the timeline of the entry that began this work: grows over all flows. */
    change_order: number;
    /** Whoever shows it may report, until `leased_until`. */
    lease: string | null;
    leased_until: number | null;
    runner: string | null;
    started_by: string;
    started_at: number;
    ended_at: number | null;
  };
  esteira_flow_steps: {
    flow: number;
    number: number;
    work: string;
    began_at: number;
    ended_at: number | null;
    /** By which event. */
    ending: string | null;
    note: string | null;
    /** JSON of what was found. */
    result: string | null;
    /** How often somebody began to work on it. */
    claims: number;
  };
}
