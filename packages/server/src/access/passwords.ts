import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { EsteiraError, invalid } from "@esteira/core/errors";

/** The work of one hash. More makes guessing dearer, and signing in slower. */
export interface PasswordCost {
  /** Memory and time grow with it: a power of two. 2^17 takes 128 MiB. */
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

const DEFAULT_COST: PasswordCost = { n: 2 ** 17, r: 8, p: 1 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
export const MIN_CHARACTERS = 12;
const MAX_BYTES = 1024;
/** Each takes 128 MiB and a thread: with more at once, signing in would be a way to stop the server. */
const AT_ONCE = 2;
const MAX_WAITING = 32;

/** Long enough and still the first that anybody tries. Compared in lower case. */
const COMMON = new Set(
  "password1234 password12345 password123456 passwordpassword 123456789012 1234567890123 123456123456 qwertyuiop12 qwertyuiop123 qwertyqwerty adminadminadmin administrator administrador mlflowmlflow esteiraesteira letmeinletmein iloveyouiloveyou senhasenhasenha senha1234567 mudar1234567 trustno1trustno1 abcdefghijkl abc123abc123 changemechangeme correcthorsebatterystaple".split(
    " ",
  ),
);

/** Refuses what could be guessed. The messages are MLflow's where MLflow has the rule. */
export function checkPassword(password: string, username: string): void {
  if ([...password].length < MIN_CHARACTERS) {
    throw invalid(`Password must be at least ${MIN_CHARACTERS} characters.`);
  }
  if (Buffer.byteLength(password) > MAX_BYTES) throw invalid(`Password must be at most ${MAX_BYTES} bytes.`);
  const plain = password.toLowerCase();
  if (COMMON.has(plain) || new Set(plain).size < 4) {
    throw invalid("Password is one of those that are tried first; choose another one.");
  }
  if (username !== "" && plain === username.toLowerCase()) throw invalid("Password must differ from the username.");
}

export function checkUsername(username: string): void {
  if (username === "") throw invalid("Username cannot be empty.");
  if (username.length > 255) throw invalid("Username must be at most 255 characters.");
  // A colon would end the name in Basic authentication; control characters would break a line of the log.
  if (/[:\p{Cc}]/u.test(username)) throw invalid("Username must not contain a colon or control characters.");
}

export interface Passwords {
  hash(password: string): Promise<string>;
  /** True if the hash is of this password. Without a hash it works just as long, and says no. */
  verify(password: string, hash: string | undefined): Promise<boolean>;
  /** The hash was made with another cost than hashes are made with now. */
  isOutdated(hash: string): boolean;
}

/** The slow work: a key of 32 bytes from a password. */
export type DeriveKey = (password: string, salt: Buffer, cost: PasswordCost) => Promise<Buffer>;

/** Scrypt with a salt for each password; the hash tells its own parameters, in the order of the PHC format. */
export function passwords(cost: PasswordCost = DEFAULT_COST, work: DeriveKey = scryptKey): Passwords {
  const derive = limited(AT_ONCE, MAX_WAITING, work);
  const encode = (salt: Buffer, key: Buffer) =>
    `$scrypt$n=${cost.n},r=${cost.r},p=${cost.p}$${salt.toString("base64url")}$${key.toString("base64url")}`;
  const nobody = encode(randomBytes(SALT_BYTES), randomBytes(KEY_BYTES));
  return {
    hash: async (password) => {
      const salt = randomBytes(SALT_BYTES);
      return encode(salt, await derive(password, salt, cost));
    },
    verify: async (password, hash) => {
      const known = hash === undefined ? undefined : decode(hash);
      const { salt, key, cost: spent } = known ?? decode(nobody)!;
      const found = await derive(password.slice(0, MAX_BYTES), salt, spent);
      return timingSafeEqual(found, key) && known !== undefined;
    },
    isOutdated: (hash) => {
      const spent = decode(hash)?.cost;
      return spent === undefined || spent.n !== cost.n || spent.r !== cost.r || spent.p !== cost.p;
    },
  };
}

function decode(hash: string): { salt: Buffer; key: Buffer; cost: PasswordCost } | undefined {
  const match = /^\$scrypt\$n=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(hash);
  if (match === null) return undefined;
  const [, n, r, p, salt = "", key = ""] = match;
  return {
    salt: Buffer.from(salt, "base64url"),
    key: Buffer.from(key, "base64url"),
    cost: { n: Number(n), r: Number(r), p: Number(p) },
  };
}

export function scryptKey(password: string, salt: Buffer, { n, r, p }: PasswordCost): Promise<Buffer> {
  const options: ScryptOptions = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((resolve, reject) => {
    // The same text typed on two keyboards must be the same bytes.
    scrypt(password.normalize("NFKC"), salt, KEY_BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** At most `most` runs at once; of the others `waiting` may wait, and the rest is refused. */
function limited<Args extends readonly unknown[], T>(
  most: number,
  waiting: number,
  work: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  let running = 0;
  const queue: (() => void)[] = [];
  return async (...args) => {
    if (running < most) running += 1;
    else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve));
    else throw new EsteiraError("TEMPORARILY_UNAVAILABLE", "Too many sign-ins at once; try again in a moment.");
    try {
      return await work(...args);
    } finally {
      // Whoever waits takes this place over.
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
