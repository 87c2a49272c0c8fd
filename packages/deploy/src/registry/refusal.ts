import { type ErrorCode, EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import type { Answer } from "./http.ts";

const errorsWire = z.object({
  errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })).min(1),
});

const LIMIT = 64 * 1024;
const SHOWN = 300;

/** What a registry's answer says is wrong, in its words, on one line. */
async function saidBy(answer: Answer): Promise<string> {
  const text = Buffer.from(await answer.bytes(LIMIT).catch(() => new Uint8Array())).toString("utf8");
  let said = "";
  try {
    const first = errorsWire.safeParse(JSON.parse(text)).data?.errors[0];
    said = [first?.code, first?.message].filter((part) => part !== undefined && part !== "").join(": ");
  } catch {
    // An answer of something between us and the registry, or of no registry at all: its page tells nobody anything.
    said = /<html|<!doctype/i.test(text) ? "" : text;
  }
  return said
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, SHOWN);
}

interface Hint {
  readonly code: ErrorCode;
  readonly what: string;
}

function hintOf(status: number, registry: string): Hint {
  if (status === 401) return { code: "UNAUTHENTICATED", what: `Log in first: docker login ${registry}.` };
  if (status === 403) return { code: "PERMISSION_DENIED", what: "Use an account that may do so." };
  if (status === 404) return { code: "RESOURCE_DOES_NOT_EXIST", what: "Check the image's name." };
  if (status === 429) return { code: "REQUEST_LIMIT_EXCEEDED", what: "Try again later." };
  if (status === 405) return { code: "FEATURE_DISABLED", what: "The registry must be set up to allow it." };
  if (status === 413) return { code: "BAD_REQUEST", what: "The registry, or a proxy before it, has a size limit." };
  if (status === 507) return { code: "TEMPORARILY_UNAVAILABLE", what: "It has no room left." };
  if (status >= 500) return { code: "TEMPORARILY_UNAVAILABLE", what: "Try again later." };
  if (status >= 300 && status < 400) return { code: "BAD_REQUEST", what: "Give the address that it points to." };
  return { code: "BAD_REQUEST", what: "" };
}

/** @param doing what was asked, "give the manifest v1 of me/pix" */
export async function refusal(
  answer: Answer,
  registry: string,
  doing: string,
  hide: (text: string) => string,
): Promise<EsteiraError> {
  const said = hide(await saidBy(answer));
  const { code, what } = hintOf(answer.status, registry);
  const words = said === "" ? `it answers ${answer.status}` : `it answers ${answer.status} (${said})`;
  return new EsteiraError(
    code,
    `The registry ${registry} does not ${doing}: ${words}.${what === "" ? "" : ` ${what}`}`,
  );
}

/** The registry could not be reached, or the line to it broke again and again. */
export const unreached = (registry: string, doing: string, error: Error): EsteiraError =>
  new EsteiraError(
    /said nothing/.test(error.message) ? "DEADLINE_EXCEEDED" : "TEMPORARILY_UNAVAILABLE",
    `The registry ${registry} did not ${doing}: ${error.message}. Check its address and try again.`,
    { cause: error },
  );
