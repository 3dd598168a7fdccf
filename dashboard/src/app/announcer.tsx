import { useEffect, useState } from "react";
import { feed } from "../api/stream/live.ts";
import { words } from "./words.ts";

const EVERY_MS = 10_000;

/** Tells screen readers how much came in, at most every ten seconds and never row by row. */
export function Announcer() {
  const [text, setText] = useState("");
  useEffect(() => {
    let before = feed.snapshot().received;
    const timer = setInterval(() => {
      const { received } = feed.snapshot();
      if (received > before) setText(words.polite(received - before));
      before = received;
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div className="sr-only" role="status" aria-live="polite">
      {text}
    </div>
  );
}
