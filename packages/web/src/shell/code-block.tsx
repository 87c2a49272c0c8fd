import { ActionIcon, CopyButton } from "@mantine/core";
import { useText } from "../i18n/use-text.tsx";
import { focusScroll } from "./focus-scroll.ts";
import { CheckIcon, CopyIcon } from "./icons.tsx";
import classes from "./page.module.css";

export function CodeBlock({ code }: { code: string }) {
  const text = useText();
  return (
    <div className={classes.code}>
      <pre ref={focusScroll}>{code}</pre>
      <CopyButton value={code}>
        {({ copied, copy }) => (
          <ActionIcon size={26} onClick={copy} aria-label={copied ? text.common.copied : text.common.copy}>
            {copied ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
          </ActionIcon>
        )}
      </CopyButton>
    </div>
  );
}
