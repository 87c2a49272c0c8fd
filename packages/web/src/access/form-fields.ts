/** The text of a field of a form that was sent. */
export function field(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}

/** Of the server's own rule; it has more of them, and says so itself. */
export const MIN_PASSWORD_CHARACTERS = 12;

/** What is wrong with a new password, before it is sent. */
export function passwordFault(password: string, again: string): "short" | "differs" | undefined {
  if ([...password].length < MIN_PASSWORD_CHARACTERS) return "short";
  return password === again ? undefined : "differs";
}

/** Ids or names with commas or blanks between them. */
export const listed = (text: string): readonly string[] => text.split(/[\s,]+/).filter((item) => item !== "");
