import { peopleOf } from "@esteira/sdk/people";
import { transport } from "./client.ts";

export const peopleClient = peopleOf(transport);
