import { reviewsOf } from "@esteira/sdk/reviews";
import { transport } from "./client.ts";

export const reviewClient = reviewsOf(transport);
