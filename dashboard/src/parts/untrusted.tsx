import { useMemo, useState } from "react";
import "./untrusted.css";
import { cutAt, piecesOf } from "./untrusted-marks.ts";
import { words } from "./words.ts";

interface UntrustedProps {
  readonly text: string | null | undefined;
  /** Line breaks become marks and the text stays on one line. Default. */
  readonly block?: boolean;
  /** Characters shown before "show all" is offered (or an ellipsis, inline in a row). */
  readonly limit?: number;
  /** No button: the row is itself a control, or too small. */
  readonly fixed?: boolean;
}

/** Most that "show all" puts into the page at once; the rest is reached through the raw line or a download. */
const MOST = 65_536;

/** The only way by which text that an attacker wrote comes onto a page. */
export function Untrusted({ text, block = false, limit, fixed = false }: UntrustedProps) {
  const value = text ?? "";
  const first = limit ?? (block ? 2000 : 160);
  const [isOpen, setOpen] = useState(false);
  const cut = cutAt(value, isOpen ? MOST : first);
  const pieces = useMemo(() => piecesOf(cut, !block), [cut, block]);
  const hidden = value.length - cut.length;
  return (
    <bdi className={block ? "untrusted untrusted-block" : "untrusted"} dir={block ? "auto" : "ltr"}>
      {pieces.map((piece, index) =>
        "text" in piece ? (
          // Pieces have no identity but their place.
          <span key={index}>{piece.text}</span>
        ) : (
          <span key={index} className="untrusted-mark" title={piece.name}>
            {piece.mark}
          </span>
        ),
      )}
      {hidden > 0 && (fixed || (isOpen && hidden > 0)) ? <span className="faint">…</span> : null}
      {hidden > 0 && !fixed && !isOpen ? (
        <button type="button" className="untrusted-more" onClick={() => setOpen(true)}>
          {words.showAll(value.length)}
        </button>
      ) : null}
      {isOpen && hidden > 0 ? <span className="faint"> {words.stillHidden(hidden)}</span> : null}
    </bdi>
  );
}
