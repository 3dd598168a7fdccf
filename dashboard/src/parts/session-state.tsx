import { CircleCheck, Radio } from "lucide-react";
import "./marks.css";

export function SessionState({ state }: { readonly state: "open" | "closed" }) {
  return state === "open" ? (
    <span className="mark tone-good">
      <Radio size={13} aria-hidden="true" />
      Open
    </span>
  ) : (
    <span className="mark tone-info">
      <CircleCheck size={13} aria-hidden="true" />
      Closed
    </span>
  );
}
