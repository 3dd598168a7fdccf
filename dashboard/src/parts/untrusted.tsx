import { memo, useMemo, useState } from "react";
import "./untrusted.css";
import { cutAt, type Piece, piecesOf } from "./untrusted-marks.ts";
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
export const Untrusted = memo(function Untrusted({
  text,
  block = false,
  limit,
  fixed = false,
}: UntrustedProps) {
  const value = text ?? "";
  const [isOpen, setOpen] = useState(false);
  const cut = cutAt(value, isOpen ? MOST : (limit ?? (block ? 2000 : 160)));
  const pieces = useMemo(() => piecesOf(cut, !block), [cut, block]);
  return (
    <bdi className={block ? "untrusted untrusted-block" : "untrusted"} dir={block ? "auto" : "ltr"}>
      {pieces.map((piece, index) => (
        // Pieces have no identity but their place.
        <PieceText key={index} piece={piece} />
      ))}
      {cut.length < value.length ? (
        <Rest
          hidden={value.length - cut.length}
          total={value.length}
          onOpen={fixed || isOpen ? undefined : () => setOpen(true)}
          isTold={isOpen}
        />
      ) : null}
    </bdi>
  );
});

function PieceText({ piece }: { readonly piece: Piece }) {
  if ("text" in piece) return piece.text;
  // Few fonts have the control pictures, so the style shows the short name; a copy takes the picture.
  const { mark, name, short } = piece;
  return (
    <span className={short ? "untrusted-mark has-short" : "untrusted-mark"} title={name} data-short={short}>
      {mark}
    </span>
  );
}

interface RestProps {
  readonly hidden: number;
  readonly total: number;
  readonly onOpen: (() => void) | undefined;
  readonly isTold: boolean;
}

function Rest({ hidden, total, onOpen, isTold }: RestProps) {
  if (onOpen)
    return (
      <button type="button" className="untrusted-more" onClick={onOpen}>
        {words.showAll(total)}
      </button>
    );
  return <span className="faint">… {isTold ? words.stillHidden(hidden) : null}</span>;
}
