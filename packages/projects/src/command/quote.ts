/** What means nothing to a shell wherever it stands: Python's `shlex` has the same list. */
const HARMLESS = /^[\w@%+=:,./-]+$/;

export const isHarmless = (text: string): boolean => HARMLESS.test(text);

/** One word of a shell, as Python's `shlex.quote` writes it. */
export const shellQuote = (text: string): string => (isHarmless(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);
