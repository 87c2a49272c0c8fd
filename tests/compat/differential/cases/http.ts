import type { Case } from "../case.ts";

const M = "/api/2.0/mlflow";
const create = `${M}/experiments/create`;
const raw = (body: string, more: Partial<Case> = {}): Case => ({ method: "POST", path: create, body, ...more });
const typed = (type: string): Case => raw('{"name": "typed"}', { headers: { "content-type": type } });

/** What comes before any handler: paths, methods, bodies and their types. */
export const httpCases: readonly Case[] = [
  { method: "GET", path: "/health" },
  { method: "GET", path: "/api/3.0/mlflow/server-info", own: "server info" },
  { method: "GET", path: "/ajax-api/3.0/mlflow/server-info", own: "server info" },
  { method: "GET", path: `${M}/experiments/get?experiment_id=0` },
  { method: "GET", path: "/ajax-api/2.0/mlflow/experiments/get?experiment_id=0" },
  { method: "GET", path: `${M}/experiments/get?experiment_id=%30` },
  { method: "GET", path: `${M}/experiments/get?experiment_id=0&` },
  { method: "GET", path: `${M}/experiments/get-by-name?experiment_name=De+fault` },
  { method: "GET", path: `${M}/experiments/get-by-name?experiment_name=Def%61ult` },
  { method: "POST", path: `${M}/experiments/get`, body: { experiment_id: "0" }, own: "wrong method" },
  { method: "GET", path: `${M}/runs/create`, own: "wrong method" },
  { method: "GET", path: `${M}/nonsense`, own: "no endpoint" },
  { method: "GET", path: "/api/2.0/nonsense", own: "no endpoint" },
  { method: "GET", path: `${M}/experiments/get/?experiment_id=0`, own: "no endpoint" },
  { method: "GET", path: "/API/2.0/mlflow/experiments/get?experiment_id=0", own: "no endpoint" },
  raw('{"name": ', { own: "not JSON" }),
  raw(""),
  raw("null"),
  raw("[1, 2]", { own: "no object" }),
  raw('"text"', { own: "not JSON" }),
  raw('"{\\"name\\": \\"in a text\\"}"'),
  raw("5", { own: "no object" }),
  raw("true", { own: "no object" }),
  raw("{}"),
  raw('{"name": "unknown field", "more": 1}'),
  raw('{"name": "twice", "name": "second"}'),
  raw('{"name": "proto", "__proto__": {"isAdmin": true}, "constructor": {"prototype": {"isAdmin": true}}}'),
  raw(`{"name": "deep", "more": ${"[".repeat(50)}${"]".repeat(50)}}`),
  raw(`{"name": ${"[".repeat(100_000)}`, { own: "not JSON" }),
  raw('{"name": "half \\ud800"}', { own: "invalid" }),
  raw('{"name": "nul \\u0000"}', { own: "invalid" }),
  raw('  {"name": "blanks"}\n'),
  raw('\ufeff{"name": "mark"}'),
  typed("text/plain"),
  typed("application/x-www-form-urlencoded"),
  typed("multipart/form-data; boundary=x"),
  typed("application/json; charset=utf-8"),
  raw('{"name": "upper case"}', { headers: { "content-type": "APPLICATION/JSON" }, own: "JSON" }),
  typed("application/jsonx"),
  typed("application/problem+json"),
];
