import { useFormat } from "../i18n/use-text.tsx";

/** A time as "3 hours ago", with the exact date on hover. `ms` is milliseconds since the epoch. */
export function Moment({ ms }: { ms: number | undefined }) {
  const format = useFormat();
  if (ms === undefined || ms === 0) return "–";
  return (
    <time
      dateTime={new Date(ms).toISOString()}
      onPointerEnter={({ currentTarget }) => {
        // Written when it may be read: tables have many of these.
        currentTarget.title = format.dateTime(ms);
      }}
    >
      {format.relative(ms, Date.now())}
    </time>
  );
}
