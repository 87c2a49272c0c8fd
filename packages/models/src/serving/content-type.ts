/** What MLflow's server accepts as the type of a body, to the letter: names are not folded, only UTF-8 is read. */

export type BodyKind = "json" | "csv";

export type TypeVerdict = { readonly kind: BodyKind } | { readonly refusal: string };

const KINDS: ReadonlyMap<string, BodyKind> = new Map([
  ["application/json", "json"],
  ["text/csv", "csv"],
]);

/** The kind of body that a Content-Type header announces, or the text of the 415 that answers it. */
export function readContentType(header: string | undefined): TypeVerdict {
  const known = [...KINDS.keys()].join(", ");
  if (header === undefined || header.trim() === "")
    return { refusal: `The request has no Content-Type; send one of ${known}.` };
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim());
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=");
    if (name !== "charset") return { refusal: `Unrecognized content type parameters: ${name}.` };
    if (value.toLowerCase() !== "utf-8") return { refusal: "The scoring server only supports UTF-8" };
  }
  const kind = KINDS.get(type);
  if (kind === undefined)
    return { refusal: `This predictor only supports the content types ${known}. Got '${header.slice(0, 100)}'.` };
  return { kind };
}
