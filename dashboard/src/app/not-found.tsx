import { Link } from "@tanstack/react-router";
import { Page } from "../parts/panel.tsx";
import { Empty } from "../parts/states.tsx";
import { words } from "./words.ts";

export function NotFound() {
  return (
    <Page title={words.notFound}>
      <Empty title={words.notFoundBody}>
        <Link to="/" className="link">
          {words.toOverview}
        </Link>
      </Empty>
    </Page>
  );
}
