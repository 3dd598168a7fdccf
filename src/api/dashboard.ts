import { existsSync } from "node:fs";
import { join } from "node:path";
import serveStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

const YEAR_S = 31_536_000;

/** Serves the built dashboard. @returns false when the folder holds none */
export async function serveDashboard(server: FastifyInstance, folder: string): Promise<boolean> {
  if (!existsSync(join(folder, "index.html"))) return false;
  await server.register(serveStatic, {
    root: folder,
    wildcard: true,
    index: ["index.html"],
    dotfiles: "ignore",
    cacheControl: false,
    setHeaders: (response, path) => {
      // Built files carry a hash of their content in their name.
      const isHashed = path.includes("/assets/");
      void response.header("cache-control", isHashed ? `public, max-age=${YEAR_S}, immutable` : "no-cache");
    },
  });
  return true;
}

/** An address that no route and no file has, but that a page of the application may have. */
export function isPageAddress(method: string, url: string): boolean {
  const path = url.split("?", 1)[0] ?? "";
  return method === "GET" && !path.startsWith("/api/") && !path.startsWith("/assets/");
}
