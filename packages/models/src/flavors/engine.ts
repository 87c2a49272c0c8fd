/**
 * Who scores a model. `native`: we do, without Python. `python`: MLflow's pyfunc in a Python process, which runs what the folder says.
 * `auto`: we where we can, else Python.
 */
export const ENGINES = ["native", "python", "auto"] as const;
export type Engine = (typeof ENGINES)[number];
