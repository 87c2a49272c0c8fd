import { EsteiraError } from "@esteira/core/errors";

/** What `get` finds; made by `create` when there is none. Somebody else may make it in between: then it is theirs. */
export async function getOrCreate<T>(get: () => Promise<T>, create: () => Promise<T>): Promise<T> {
  try {
    return await get();
  } catch (error) {
    if (!hasCode(error, "RESOURCE_DOES_NOT_EXIST")) throw error;
  }
  try {
    return await create();
  } catch (error) {
    if (!hasCode(error, "RESOURCE_ALREADY_EXISTS")) throw error;
    return get();
  }
}

const hasCode = (error: unknown, code: EsteiraError["code"]): boolean =>
  error instanceof EsteiraError && error.code === code;
