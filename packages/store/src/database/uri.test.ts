import { resolve } from "node:path";
import { expect, test } from "vitest";
import { parseBackendUri, withoutPassword } from "./uri.ts";

test("the slashes of a SQLite URI are counted as SQLAlchemy counts them", () => {
  expect(parseBackendUri("sqlite:///relative.db")).toEqual({ kind: "sqlite", path: resolve("relative.db") });
  expect(parseBackendUri("sqlite:////abs/x.db")).toEqual({ kind: "sqlite", path: "/abs/x.db" });
  expect(parseBackendUri("sqlite://")).toEqual({ kind: "sqlite", path: ":memory:" });
  expect(parseBackendUri("sqlite:///:memory:")).toEqual({ kind: "sqlite", path: ":memory:" });
});

test.each(["postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg"])(
  "a URI with the scheme %s is PostgreSQL's",
  (scheme) => {
    expect(parseBackendUri(`${scheme}://ana:s%40%2Fcret@db.example:5433/mlflow?sslmode=require`)).toEqual({
      kind: "postgres",
      user: "ana",
      password: "s@/cret",
      host: "db.example",
      port: 5433,
      database: "mlflow",
      options: new Map([["sslmode", "require"]]),
    });
  },
);

test("parts of a PostgreSQL URI may be missing, be options, or hold signs", () => {
  const parse = (uri: string) => {
    const { options: _, ...parts } = { options: new Map(), ...parseBackendUri(uri) };
    return parts;
  };
  expect(parse("postgresql:///mlflow")).toEqual({ kind: "postgres", database: "mlflow" });
  expect(parse("postgresql://ana@/mlflow?host=/run/postgresql&port=5433")).toEqual({
    kind: "postgres",
    user: "ana",
    host: "/run/postgresql",
    port: 5433,
    database: "mlflow",
  });
  expect(parse("postgresql://ana:50%/x@[::1]:5432/mlflow")).toMatchObject({
    password: "50%/x",
    host: "::1",
    port: 5432,
  });
});

test("another URI is refused without telling its password", () => {
  for (const uri of [
    "mysql://u:secret@h/db",
    "sqlite://x.db",
    "file.db",
    "postgresql://u:secret@a,b/db",
    "postgresql://u:se/cret@h:x/db",
  ]) {
    expect(() => parseBackendUri(uri)).toThrow("Unsupported backend store URI");
    expect(() => parseBackendUri(uri)).not.toThrow(/secret|se\/cret/);
  }
  expect(withoutPassword("postgresql://u@h/db?password=secret&port=1")).toBe(
    "postgresql://***@h/db?password=***&port=1",
  );
});
