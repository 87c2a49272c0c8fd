/** The one workspace of a server, by MLflow's name for it. */
export const WORKSPACE = "default";
