import { invalid } from "@esteira/core/errors";
import pc from "picocolors";
import { type Command, text } from "../command.ts";
import { trackingClient } from "../tracking.ts";
import { LEDGER, ledgerOf, numberIn, wholeIn } from "./ledger-option.ts";

const DAY_MS = 86_400_000;
const DAYS = 14;

export const monitorReview: Command = {
  name: "monitor review",
  summary: "Bring the ledger's alerts to the analysts' queue on a server, and what they judged back as labels",
  options: [
    LEDGER,
    { flags: "--model <name>", summary: "the registered model, where several decided" },
    { flags: "--days <days>", summary: "how long an alert is in the queue", default: String(DAYS) },
    { flags: "--amount <feature>", summary: "the feature that is the amount of money" },
    { flags: "--log-amount <feature>", summary: "instead of it a feature that is log(1 + amount)" },
    { flags: "--currency <code>", summary: "of amounts, ISO 4217", default: "BRL" },
    { flags: "--capacity <alerts>", summary: "alerts that the team can look at in a day" },
    { flags: "--hint <feature>", summary: "a feature whose text says what kind of fraud an alert may be" },
    { flags: "--threshold <score>", summary: "where decisions do not say theirs" },
    { flags: "--tracking-uri <uri>", summary: "the server with the queue; also MLFLOW_TRACKING_URI" },
  ],
  async run(values, terminal) {
    const uri = text(values, "trackingUri") ?? terminal.env.MLFLOW_TRACKING_URI;
    if (uri === undefined || uri === "")
      throw invalid("Say which server has the queue: --tracking-uri URI, or MLFLOW_TRACKING_URI.");
    const { exchangeReviews } = await import("@esteira/monitor/review/exchange-reviews");
    const { model, labels, alerts, added, removed } = await exchangeReviews({
      ...{ ledger: ledgerOf(values, terminal), model: text(values, "model"), now: Date.now() },
      client: trackingClient({ env: { ...terminal.env, MLFLOW_TRACKING_URI: uri } }),
      keepMs: (wholeIn(values, "days", "--days") ?? DAYS) * DAY_MS,
      ...{ amount: text(values, "amount"), logAmount: text(values, "logAmount") },
      ...{ hint: text(values, "hint"), currency: text(values, "currency") ?? "BRL" },
      ...{
        capacity: wholeIn(values, "capacity", "--capacity"),
        threshold: numberIn(values, "threshold", "--threshold"),
      },
    });
    terminal.out(
      `${pc.green("✓")} ${labels.added} labels of analysts entered, ${labels.corrections} of them corrections; ${labels.known} were known.`,
    );
    terminal.out(`${pc.green("✓")} ${alerts} alerts of ${model} are in the queue, ${added} of them new.`);
    if (removed > 0) terminal.out(`  ${removed} were taken away, as their time is over.`);
    return 0;
  },
};
