/** The Alembic revision of MLflow's schema that Esteira reads, writes and creates: that of MLflow 3.17. */
export const MLFLOW_REVISION = "dc11669786a5";
