import { Check, Copy, ShieldMinus } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { IconButton } from "./button.tsx";
import { defang } from "./untrusted-marks.ts";
import { words } from "./words.ts";

const SHOWN_MS = 1600;

interface CopyButtonProps {
  readonly text: string;
  readonly label?: string;
  readonly icon?: ReactNode;
}

/** Copies plain text and says so in place. */
export function CopyButton({ text, label = words.copy, icon }: CopyButtonProps) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isDone]);
  return (
    <IconButton
      label={isDone ? words.copied : label}
      icon={isDone ? <Check size={14} aria-hidden="true" /> : (icon ?? <Copy size={14} aria-hidden="true" />)}
      onClick={() => void copyText(text).then(setDone)}
    />
  );
}

/** For values with an address in them: a copy that no program makes a link of. */
export function DefangedCopyButton({ text }: { readonly text: string }) {
  if (!text.includes("://")) return null;
  return (
    <CopyButton
      text={defang(text)}
      label={words.copyDefanged}
      icon={<ShieldMinus size={14} aria-hidden="true" />}
    />
  );
}

/** @returns whether the text is in the clipboard. Pages over plain HTTP have no clipboard interface. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Permission refused: the older way may still be open.
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "sr-only";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}
