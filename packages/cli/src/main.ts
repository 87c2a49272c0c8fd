import { createClient } from "@esteira/sdk/client";

console.log(typeof createClient, process.argv.slice(2));
