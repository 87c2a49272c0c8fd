import { EsteiraError } from "@esteira/core/errors";
import { useEffect, useSyncExternalStore } from "react";
import { baseUrl } from "../api/client.ts";
import { queries } from "../api/query-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { connectionStore } from "./connection-store.ts";
import { WarnIcon } from "./icons.tsx";
import { notices } from "./notice-store.ts";
import classes from "./notices.module.css";

const backListeners = new Set<() => void>();
const connection = connectionStore({
  ask: () =>
    fetch(`${baseUrl}/health`, { cache: "no-store" }).then(
      ({ ok }) => ok,
      () => false,
    ),
  later: (run, ms) => setTimeout(run, ms),
  onBack: () => {
    void queries.invalidateQueries();
    for (const listener of backListeners) listener();
  },
});

const isAway = (error: unknown): boolean => error instanceof EsteiraError && error.code === "TEMPORARILY_UNAVAILABLE";

/** Hears from every call whether the server is there. */
function watch(): () => void {
  const stops = [
    queries.getQueryCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "error" && isAway(event.action.error)) connection.lost();
    }),
    queries.getMutationCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "error" && isAway(event.action.error)) connection.lost();
    }),
  ];
  const offline = () => connection.lost();
  window.addEventListener("offline", offline);
  return () => {
    for (const stop of stops) stop();
    window.removeEventListener("offline", offline);
  };
}

/** A line over the page while the server is away; when it is back, all that is shown is asked anew. */
export function ConnectionNotice() {
  const text = useText();
  const state = useSyncExternalStore(connection.subscribe, connection.current);
  useEffect(watch, []);
  useEffect(() => {
    const tell = () => notices.tell({ text: text.shell.back });
    backListeners.add(tell);
    return () => void backListeners.delete(tell);
  }, [text]);
  return (
    <div role="alert">
      {state === "here" ? null : (
        <p className={classes.away}>
          <WarnIcon size={14} /> {text.shell.away} {text.shell.awayRetry}
        </p>
      )}
    </div>
  );
}
