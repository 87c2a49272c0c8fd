/** The `WWW-Authenticate` header, by RFC 9110: one challenge or several, in one line or several. */

export interface Challenge {
  /** In small letters. */
  readonly scheme: string;
  /** Names in small letters. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
/** More than one where a token of another scheme (`Negotiate YII==`) stands in a parameter's place. */
const EQUALS = /[ \t]*=+[ \t]*/y;
const BETWEEN = /[ \t,]*/y;

export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  let at = 0;
  let current: Map<string, string> | undefined;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(header);
    if (found === null) return undefined;
    at += found[0].length;
    return found;
  };
  take(BETWEEN);
  while (at < header.length) {
    const name = take(TOKEN)?.[0];
    // What cannot be read ends it: the challenges before it still count.
    if (name === undefined) break;
    if (current !== undefined && take(EQUALS) !== undefined) {
      const value = take(QUOTED)?.[1]?.replace(/\\(.)/g, "$1") ?? take(TOKEN)?.[0] ?? "";
      current.set(name.toLowerCase(), value);
    } else {
      current = new Map();
      challenges.push({ scheme: name.toLowerCase(), parameters: current });
    }
    take(BETWEEN);
  }
  return challenges;
}
