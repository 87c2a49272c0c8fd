import { invalid } from "@esteira/core/errors";

/** Where the next page of a listing begins, in a form that shows nothing and is told from other texts. */
export const writeToken = (place: string): string => Buffer.from(place).toString("base64url");

export function readToken(token: string): string {
  const place = Buffer.from(token, "base64url").toString();
  if (token === "" || writeToken(place) !== token) throw badToken();
  return place;
}

export const badToken = (): Error => invalid("Invalid page token: send the next_page_token of the answer before.");
