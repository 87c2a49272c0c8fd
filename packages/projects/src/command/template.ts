/**
 * A command template: Python's `str.format` as MLproject files use it. `{name}` is a placeholder, `{{` and `}}` are braces.
 */
export type Segment =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "placeholder"; readonly name: string };

/** What `str.format` takes for a plain name. */
const NAME = /^[^{!:.[\]]+$/;

/**
 * The template's parts, or a sentence that says what is wrong with it.
 *
 * @param name what may stand in a placeholder.
 */
export function parseTemplate(template: string, name = NAME): readonly Segment[] | { readonly fault: string } {
  const segments: Segment[] = [];
  let text = "";
  for (let at = 0; at < template.length; at++) {
    const char = template[at] ?? "";
    if (char !== "{" && char !== "}") {
      text += char;
      continue;
    }
    if (template[at + 1] === char) {
      text += char;
      at++;
      continue;
    }
    if (char === "}") return { fault: "has a single '}': write '}}' for a brace of the shell" };
    const end = template.indexOf("}", at);
    if (end < 0) return { fault: "has a '{' without its '}': write '{{' for a brace of the shell" };
    const inside = template.slice(at + 1, end);
    if (!name.test(inside))
      return { fault: `has the placeholder '{${inside}}': expected the name of a parameter, as in '{alpha}'` };
    if (text !== "") segments.push({ kind: "text", text });
    text = "";
    segments.push({ kind: "placeholder", name: inside });
    at = end;
  }
  if (text !== "") segments.push({ kind: "text", text });
  return segments;
}
