import type { FastifyBaseLogger } from "fastify";
import pino from "pino";

/** Lines of JSON on standard error: what an operator must know, and who did what. Never a secret. */
export const standardLog = (): FastifyBaseLogger => pino({ level: "info" }, pino.destination(2));
