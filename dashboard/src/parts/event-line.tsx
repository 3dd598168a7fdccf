import { Fragment, memo } from "react";
import { type EventLike, meaningOf } from "./event-meaning.ts";
import { Untrusted } from "./untrusted.tsx";

/** One event in a few words, on one line. */
export const EventLine = memo(function EventLine({ event }: { readonly event: EventLike }) {
  return (
    <span className="event-line">
      {meaningOf(event).map((part, index) => (
        <Fragment key={index}>
          {index > 0 ? " " : null}
          {"say" in part ? <span className="muted">{part.say}</span> : <Untrusted text={part.quote} fixed />}
        </Fragment>
      ))}
    </span>
  );
});
