import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { followSession } from "../api/session.ts";
import "../theme/fonts.css";
import "../theme/tokens.css";
import "../theme/base.css";
import { watchPreferences } from "../theme/preferences.ts";
import { createQueries } from "./query-client.ts";
import { createAppRouter } from "./router.tsx";

const queries = createQueries();
const router = createAppRouter(queries);
watchPreferences();
followSession(queries);

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
