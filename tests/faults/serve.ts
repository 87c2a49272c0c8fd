/** A server as a process of its own, to be killed: `serve.ts DATABASE ARTIFACTS` prints where it is to be reached. */
import { startServer } from "@esteira/server/start";

const [, , database = "", artifacts = ""] = process.argv;
const { url } = await startServer({
  host: "127.0.0.1",
  port: 0,
  backendStoreUri: `sqlite:///${database}`,
  artifactsDestination: artifacts,
});
console.log(url);
