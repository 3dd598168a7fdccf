import { Activity, CircleDashed, Moon } from "lucide-react";
import "./marks.css";

const looks = {
  active: { word: "Active", tone: "tone-critical", icon: Activity },
  passive: { word: "Passive", tone: "tone-warning", icon: CircleDashed },
  inactive: { word: "Inactive", tone: "tone-info", icon: Moon },
} as const;

/** How busy the server says an attacker is: colour, icon and word. */
export function ActivityMark({ activity }: { readonly activity: keyof typeof looks }) {
  const { word, tone, icon: Icon } = looks[activity];
  return (
    <span className={`mark ${tone}`}>
      <Icon size={13} aria-hidden="true" />
      {word}
    </span>
  );
}
