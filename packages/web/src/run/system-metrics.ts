/** The prefix under which MLflow's clients log what the machine does. */
export const isOfSystem = (key: string): boolean => key.startsWith("system/");
