/** The one spelling of an experiment's id: stores read "07", "+7" and " 7" as 7, so permissions must too. */
export const canonicalExperimentId = (id: string): string => (/^\s*[+-]?\d+\s*$/.test(id) ? String(Number(id)) : id);
