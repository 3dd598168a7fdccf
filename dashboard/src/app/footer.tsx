import { useSession } from "../api/session.ts";
import { words } from "./words.ts";

export function Footer() {
  const features = useSession()?.features;
  return (
    <footer className="foot">
      {features ? (
        <>
          <span>{words.footer.version(features.version)}</span>
          <span>{words.footer.store(features.store)}</span>
        </>
      ) : null}
    </footer>
  );
}
