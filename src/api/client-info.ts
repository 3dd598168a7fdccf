import type { FastifyRequest } from "fastify";
import { canonicalAddress, networkMatcher, parseAddress } from "./address.ts";
import { ApiSettingError } from "./errors.ts";

export interface ClientInfo {
  /** Canonical address of the client. */
  readonly ip: string;
  /** Whether the client speaks TLS to us or to a trusted proxy. */
  readonly secure: boolean;
  /** `scheme://host` under which the client sees us. */
  readonly origin: string;
}

const header = (request: FastifyRequest, name: string): string => {
  const value = request.headers[name];
  return (Array.isArray(value) ? value.join(",") : value) ?? "";
};

const listOf = (text: string): readonly string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/**
 * Tells who a client is. Forwarded headers count only when the peer is a trusted proxy: then the right-most entry
 * that is not one itself.
 *
 * @throws {ApiSettingError} a network that is none
 */
export function createClientInfo(trustedProxies: string): (request: FastifyRequest) => ClientInfo {
  const networks = listOf(trustedProxies).map((text) => {
    const network = parseAddress(text);
    if (network === undefined)
      throw new ApiSettingError(`DECNET_TRUSTED_PROXIES: ${text} is no address and no network.`);
    return network;
  });
  const isTrusted = networkMatcher(networks);
  return (request) => {
    const peer = canonicalAddress(request.socket.remoteAddress ?? "") ?? "unknown";
    const behindProxy = isTrusted(peer);
    const forwarded = behindProxy ? listOf(header(request, "x-forwarded-for")) : [];
    const claimed = forwarded
      .map((text) => canonicalAddress(text))
      .findLast((ip) => ip === undefined || !isTrusted(ip));
    const secure = behindProxy && listOf(header(request, "x-forwarded-proto")).at(-1) === "https";
    return {
      ip: claimed ?? peer,
      secure,
      origin: `${secure ? "https" : "http"}://${header(request, "host")}`,
    };
  };
}
