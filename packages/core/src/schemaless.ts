const refuse = (): never => {
  throw new Error("A route has a JSON schema; requests are read by Zod, which the route asks itself.");
};

/** Fastify's `schemaController` for servers without JSON schemas, which then need not load what compiles them. */
export const SCHEMALESS = {
  compilersFactory: { buildValidator: () => refuse, buildSerializer: () => refuse },
} as const;
