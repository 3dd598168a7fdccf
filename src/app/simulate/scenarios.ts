import { fetchPath, sshExec, sshLogin, sshTerminal, telnetLogin } from "./clients.ts";
import type { Scenario, Visit } from "./contract.ts";
import {
  capabilityProbes,
  guessedPasswords,
  guessedUsers,
  loaders,
  lookingAround,
  minerInstall,
  scannedPaths,
  scannerAgents,
  sshIdentities,
  worms,
} from "./corpus.ts";

/** A pair that gets in; a decky without one is only guessed at. */
const accepted = ({ target }: Visit) => target.accounts[0];

async function guess(visit: Visit, tries: number): Promise<number> {
  const ident = visit.dice.pick(sshIdentities);
  for (let n = 0; n < tries && !visit.signal.aborted; n += 1) {
    const login = { user: visit.dice.pick(guessedUsers), password: visit.dice.pick(guessedPasswords), ident };
    const client = await sshLogin(visit, login);
    client?.end();
    await visit.pause(visit.dice.integer(50, 600));
  }
  return tries;
}

const bruteForce: Scenario = {
  name: "brute-force",
  title: "guesses passwords over SSH until one fits, then looks where it is",
  slugs: ["ssh"],
  async play(visit) {
    const tries = await guess(visit, visit.dice.integer(4, 14));
    const pair = accepted(visit);
    if (pair === undefined) return tries;
    const client = await sshLogin(visit, { ...pair, ident: visit.dice.pick(sshIdentities) });
    if (client === undefined) return tries + 1;
    await sshExec(client, "uname -s -v -n -r -m");
    client.end();
    return tries + 2;
  },
};

const iotLoader: Scenario = {
  name: "iot-loader",
  title: "walks in over telnet and tries every way to load a bot",
  slugs: ["telnet"],
  async play(visit) {
    const pair = accepted(visit) ?? { user: "root", password: "vizxv" };
    const typist = await telnetLogin(visit, pair.user, pair.password);
    const lines = [...capabilityProbes.slice(0, 11), visit.dice.pick(loaders)];
    for (const line of lines) {
      if (visit.signal.aborted) break;
      await typist.line(line);
      await visit.pause(visit.dice.integer(20, 200));
    }
    await typist.close();
    return lines.length + 1;
  },
};

const minerInstaller: Scenario = {
  name: "miner",
  title: "installs a miner and makes it come back",
  slugs: ["ssh"],
  async play(visit) {
    const pair = accepted(visit);
    if (pair === undefined) return guess(visit, 3);
    const client = await sshLogin(visit, { ...pair, ident: "libssh2_1.9.0" });
    if (client === undefined) return 1;
    const commands = [visit.dice.pick(worms), ...minerInstall];
    for (const command of commands) {
      if (visit.signal.aborted) break;
      await sshExec(client, command);
      await visit.pause(visit.dice.integer(100, 500));
    }
    client.end();
    return commands.length + 1;
  },
};

const webScan: Scenario = {
  name: "web-scan",
  title: "asks a web server for everything that is sometimes left open",
  slugs: ["http", "https"],
  async play(visit) {
    const agent = visit.dice.pick(scannerAgents);
    const paths = scannedPaths.filter(() => visit.dice.next() < 0.7);
    for (const path of paths) {
      if (visit.signal.aborted) break;
      await fetchPath(visit, { method: visit.dice.next() < 0.1 ? "HEAD" : "GET", path, agent });
      await visit.pause(visit.dice.integer(20, 250));
    }
    const [user, password] = [visit.dice.pick(guessedUsers), visit.dice.pick(guessedPasswords)];
    const form = new URLSearchParams({ username: user, password }).toString();
    await fetchPath(visit, { method: "POST", path: "/login", agent, form });
    return paths.length + 1;
  },
};

const intruder: Scenario = {
  name: "intruder",
  title: "a person who types, looks around and makes mistakes",
  slugs: ["ssh"],
  async play(visit) {
    const pair = accepted(visit);
    await guess(visit, visit.dice.integer(0, 2));
    const client = pair && (await sshLogin(visit, { ...pair, ident: "OpenSSH_9.6" }));
    if (client === undefined) return 1;
    const typist = await sshTerminal(client, visit);
    const lines = lookingAround.filter(() => visit.dice.next() < 0.7);
    for (const line of lines) {
      if (visit.signal.aborted) break;
      await typist.line(line);
      await visit.pause(visit.dice.integer(200, 1_500));
    }
    await typist.line("exit");
    await typist.close();
    return lines.length + 2;
  },
};

/** One line per scenario. */
export const scenarios: readonly Scenario[] = [bruteForce, webScan, iotLoader, intruder, minerInstaller];
