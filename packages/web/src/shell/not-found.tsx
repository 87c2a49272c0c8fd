import { Link } from "@tanstack/react-router";
import { useText } from "../i18n/use-text.tsx";
import { Empty } from "./states.tsx";

export function NotFound() {
  const text = useText();
  return (
    <Empty>
      <p>{text.shell.notFound}</p>
      <Link to="/experiments">{text.shell.toExperiments}</Link>
    </Empty>
  );
}
