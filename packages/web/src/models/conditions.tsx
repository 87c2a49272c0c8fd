import type { Prospect } from "@esteira/core/policy/prospect";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { CheckIcon, CrossIcon, WarnIcon } from "../shell/icons.tsx";
import { Dim } from "../shell/page.tsx";
import classes from "./promotion.module.css";

/** What a policy asks for on the way to a target, and what of it is missing, in the server's own words. */
export function Conditions({ prospect }: { prospect: Prospect }) {
  const text = useText();
  const format = useFormat();
  if (!prospect.isProtected) return <Dim>{text.promotion.unprotected}</Dim>;
  return (
    <div className={classes.conditions}>
      {prospect.broken === undefined ? null : (
        <p className={classes.alarm}>
          <WarnIcon /> <strong>{text.promotion.broken(format.dateTime(prospect.broken.until))}</strong>{" "}
          {prospect.broken.reason}
        </p>
      )}
      {prospect.unmet.length === 0 ? (
        <p className={classes.met}>
          <CheckIcon size={14} /> {text.promotion.allMet}
        </p>
      ) : (
        <>
          <p className={classes.unmetTitle}>{text.promotion.notMet(prospect.unmet.length)}</p>
          <ul className={classes.unmet} lang="en">
            {prospect.unmet.map((sentence) => (
              <li key={sentence}>
                <CrossIcon size={14} /> <span>{sentence}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {prospect.unmet.length === 0 && prospect.modelDigest !== undefined ? <Dim>{text.promotion.filesToo}</Dim> : null}
    </div>
  );
}

/** Whether the server would let it through, as far as can be known before asking. */
export const isOpen = (prospect: Prospect | undefined): boolean =>
  prospect !== undefined && (prospect.unmet.length === 0 || prospect.broken !== undefined);
