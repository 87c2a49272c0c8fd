/** One word of a shell, whatever is in it. */
export const inShell = (word: string): string => (/^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
