/**
 * Where a placeholder stands in a command for bash: as a word or part of one, between double or single quotes, or where nothing
 * that is put there stays a text (behind a backslash, in `$'...'`, in arithmetic, behind a here-document).
 */
export type ShellPlace = "word" | "double" | "single" | "other";

type Frame = "word" | "double" | "paren" | "brace" | "arithmetic" | "backtick";

/**
 * Follows the quotes of a command, text by text.
 *
 * A place that it should mistake costs a word its shape and never runs anything: see `render.ts`.
 */
export function createShellReader() {
  const frames: Frame[] = ["word"];
  let quote: "single" | "dollar-single" | "comment" | undefined;
  let escaped = false;
  let hereDocument = false;
  const top = (): Frame => frames.at(-1) ?? "word";

  /** Whether a `#` at `at` begins a comment. */
  let begun = false;
  const startsWord = (text: string, at: number): boolean => (at === 0 ? !begun : /[\s;&|()]/.test(text[at - 1] ?? ""));

  /** How many characters the thing at `at` takes. */
  function step(text: string, at: number): number {
    const rest = text.slice(at, at + 3);
    const char = rest[0] ?? "";
    if (quote !== undefined) {
      if (quote === "dollar-single" && char === "\\") return 2;
      if (char === (quote === "comment" ? "\n" : "'")) quote = undefined;
      return 1;
    }
    if (char === "\\") {
      escaped = at + 1 === text.length;
      return 2;
    }
    if (rest === "$((") return push("arithmetic", 3);
    if (rest.startsWith("$(")) return push("paren", 2);
    if (rest.startsWith("${")) return push("brace", 2);
    if (char === "`") return top() === "backtick" ? pop(1) : push("backtick", 1);
    if (char === '"') return top() === "double" ? pop(1) : push("double", 1);
    if (top() === "double") return 1;
    if (rest.startsWith("$'")) return begin("dollar-single", 2);
    if (char === "'") return begin("single", 1);
    if (char === "#" && (top() === "word" || top() === "paren") && startsWord(text, at)) return begin("comment", 1);
    if (rest.startsWith("<<") && rest !== "<<<") hereDocument = true;
    if (rest === "<<<") return 3;
    if (char === "(") return push("paren", 1);
    if (top() === "arithmetic" && rest.startsWith("))")) return pop(2);
    if (char === ")" && top() === "paren") return pop(1);
    if (char === "}" && top() === "brace") return pop(1);
    return 1;
  }
  const push = (frame: Frame, length: number): number => {
    frames.push(frame);
    return length;
  };
  const pop = (length: number): number => {
    frames.pop();
    return length;
  };
  const begin = (kind: typeof quote, length: number): number => {
    quote = kind;
    return length;
  };

  return {
    /** The text that comes next in the command. */
    read(text: string): void {
      escaped = false;
      for (let at = 0; at < text.length; ) at += step(text, at);
      begun = true;
    },
    /** Where what comes now would stand. */
    place(): ShellPlace {
      if (escaped || hereDocument || quote === "dollar-single" || frames.includes("arithmetic")) return "other";
      if (quote === "single") return "single";
      return top() === "double" ? "double" : "word";
    },
  };
}
