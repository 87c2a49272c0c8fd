/**
 * Indexes of ours beside MLflow's tables. MLflow checks only the revision of a database, so they do not disturb it;
 * the prefix tells whose they are.
 */
export const ESTEIRA_SCHEMA = `
CREATE INDEX IF NOT EXISTS esteira_runs_by_start ON runs (experiment_id, start_time DESC, run_uuid, lifecycle_stage);
CREATE INDEX IF NOT EXISTS esteira_latest_metrics_by_value ON latest_metrics ("key", is_nan, value, run_uuid);
CREATE INDEX IF NOT EXISTS esteira_params_by_value ON params ("key", value, run_uuid);
CREATE INDEX IF NOT EXISTS esteira_tags_by_value ON tags ("key", value, run_uuid);
CREATE INDEX IF NOT EXISTS esteira_logged_models_by_creation
  ON logged_models (experiment_id, creation_timestamp_ms DESC, model_id);
CREATE INDEX IF NOT EXISTS esteira_model_versions_by_run ON model_versions (run_id);
`;
