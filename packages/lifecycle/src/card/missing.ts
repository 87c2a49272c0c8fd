import { EsteiraError } from "@esteira/core/errors";
import { FACTS, type Fact, type MissingReason, type ModelCard } from "./card.ts";

/** Collects what could not be known. */
export class Missing {
  readonly #facts = new Map<Fact, MissingReason>();

  /** The first reason stays. */
  note(fact: Fact, why: MissingReason): undefined {
    if (!this.#facts.has(fact)) this.#facts.set(fact, why);
    return undefined;
  }

  /** What `read` gives; undefined, with its reason noted, where the server has it not. Throws when the server itself is gone. */
  async read<T>(fact: Fact, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      return this.note(fact, reasonOf(error));
    }
  }

  get list(): ModelCard["unknown"] {
    // In one order, whatever answered first.
    return FACTS.flatMap((fact) => {
      const why = this.#facts.get(fact);
      return why === undefined ? [] : [{ fact, why }];
    });
  }
}

function reasonOf(error: unknown): MissingReason {
  if (!(error instanceof EsteiraError)) throw error;
  switch (error.code) {
    case "RESOURCE_DOES_NOT_EXIST":
      return "not_kept";
    case "NOT_IMPLEMENTED":
    case "ENDPOINT_NOT_FOUND":
    case "FEATURE_DISABLED":
      return "not_offered";
    case "PERMISSION_DENIED":
      return "not_allowed";
    case "INVALID_PARAMETER_VALUE":
    case "BAD_REQUEST":
      return "not_readable";
    default:
      throw error;
  }
}
