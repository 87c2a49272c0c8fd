import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { S3Client } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { S3Settings } from "./settings.ts";

const CONNECT_MS = 5_000;
/** Silence on a connection, not the length of a transfer. */
const SILENCE_MS = 60_000;
const MAX_SOCKETS = 256;

/** A client of AWS's own SDK: keys, profiles, roles and retries are its. */
export function createS3Client(settings: S3Settings): S3Client {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return new S3Client({
    region: settings.region,
    ...(settings.endpoint === undefined ? { followRegionRedirects: true } : { endpoint: settings.endpoint }),
    forcePathStyle: settings.pathStyle,
    // Checksums beyond what S3 itself asks for are AWS's own; other servers refuse them, and signed addresses carry
    // the one of an empty body.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent({ ...agent, rejectUnauthorized: settings.verifyTls }),
    }),
  });
}
