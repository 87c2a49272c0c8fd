import { EsteiraError } from "@esteira/core/errors";
import { codeOf } from "../database/errors.ts";

/** Node's codes of a connection that is not to be had, or is gone. */
const NETWORK = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/** What node-postgres says of it, without a code. */
const GONE =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;
/** The server is going down, coming up, or has no place for another client. */
const AWAY = new Set(["57P01", "57P02", "57P03", "53300"]);

/** The connection is lost or the server is not up: the same statement may succeed when it is back. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  if (NETWORK.has(code) || AWAY.has(code) || code.startsWith("08")) return true;
  return error instanceof Error && code === "" && GONE.test(error.message);
}

/**
 * The server does not have what was prepared, has something else of that name, or its tables have changed since: another
 * program stands between and hands connections around, or has altered a table.
 */
export const isUnprepared = (error: unknown): boolean =>
  codeOf(error) === "26000" ||
  codeOf(error) === "42P05" ||
  (codeOf(error) === "0A000" && error instanceof Error && error.message.startsWith("cached plan must not change"));

/** Another transaction was in the way, and the server has taken this one back: it may be run again at once. */
export const isCollision = (error: unknown): boolean => codeOf(error) === "40001" || codeOf(error) === "40P01";

const SENTENCES: Readonly<Record<string, (name: string) => string>> = {
  "53100": (name) => `The disk of the PostgreSQL server ${name} is full: free some space and try again.`,
  "53200": (name) => `The PostgreSQL server ${name} is out of memory: try again.`,
  "55P03": (name) => `Another transaction holds rows of ${name}: try again, or end that transaction.`,
  "57014": (name) =>
    `The PostgreSQL server ${name} cancelled the statement: try again, or raise its statement_timeout.`,
  "25006": (name) => `The PostgreSQL server ${name} is read-only: connect to the primary server.`,
  "42501": (name) =>
    `The user of the PostgreSQL database ${name} lacks a privilege: let it own the database, or grant it what it needs.`,
  "40001": (name) => `Other transactions on ${name} kept getting in the way: try again.`,
  "40P01": (name) => `Other transactions on ${name} kept getting in the way: try again.`,
};

/** Errors of PostgreSQL that are no defect of ours, as sentences that say what to do; every other error stays as it is. */
export function explainPostgresError(error: unknown, name: string): unknown {
  if (error instanceof EsteiraError) return error;
  const code = codeOf(error);
  if (isConnectionLost(error)) {
    return unavailable(`The PostgreSQL server ${name} cannot be reached: try again when it is up.`, error);
  }
  const sentence = SENTENCES[code];
  if (sentence !== undefined) return unavailable(sentence(name), error);
  // What a client sent does not fit its column; MLflow answers so too.
  if (code.startsWith("22")) {
    return new EsteiraError("BAD_REQUEST", `The database cannot store the request: ${firstLine(error)}.`, {
      cause: error,
    });
  }
  return error;
}

/** The same for opening, where a wrong URI is the likely fault. */
export function explainPostgresOpening(error: unknown, name: string): unknown {
  if (error instanceof EsteiraError) return error;
  const code = codeOf(error);
  const refused = (sentence: string): EsteiraError => new EsteiraError("INVALID_STATE", sentence, { cause: error });
  if (code === "28P01" || code === "28000" || code === "28001") {
    return refused(
      `The PostgreSQL server ${name} refuses the user: ${firstLine(error)}; check user, password and pg_hba.`,
    );
  }
  if (code === "3D000") {
    return refused(`The PostgreSQL server has no database ${name}: create it with createdb, and grant it to the user.`);
  }
  if (isConnectionLost(error)) {
    return refused(
      `The PostgreSQL server ${name} cannot be reached: check that it is up, and host and port of the URI.`,
    );
  }
  if (error instanceof Error && isTls(error)) {
    return refused(
      `No TLS connection to the PostgreSQL server ${name}: ${error.message}; check sslmode and sslrootcert.`,
    );
  }
  return explainPostgresError(error, name);
}

const isTls = (error: Error): boolean =>
  /SSL|TLS|certificate/i.test(error.message) || /^(ERR_TLS|UNABLE_TO|DEPTH_|SELF_|CERT_|ERR_SSL)/.test(codeOf(error));

const unavailable = (sentence: string, cause: unknown): EsteiraError =>
  new EsteiraError("TEMPORARILY_UNAVAILABLE", sentence, { cause });

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
