import type { Program, ProgramContext } from "../command.ts";
import { optionComplaint } from "../operands.ts";

async function hostname(context: ProgramContext): Promise<number> {
  const { world } = context;
  const flag = context.args.find((arg) => arg.startsWith("-"));
  const name = context.args.find((arg) => !arg.startsWith("-"));
  if (flag !== undefined) return answer(context, flag);
  if (name === undefined) {
    await context.out(`${world.hostname()}\n`);
    return 0;
  }
  if (context.uid !== 0) return context.fail("hostname: you must be root to change the host name");
  world.setHostname(name);
  return 0;
}

async function answer(context: ProgramContext, flag: string): Promise<number> {
  const text = answers.get(flag)?.(context);
  if (text === undefined) return context.fail(`hostname: ${optionComplaint(flag)}\n${hostnameUsage}`, 4);
  await context.out(text === "" && flag === "-d" ? "" : `${text}\n`);
  return 0;
}

const addresses = ({ world }: ProgramContext) =>
  world.network
    .interfaces()
    .filter((each) => !each.loopback)
    .flatMap((each) => each.addresses.map((address) => address.address))
    .filter((address) => !address.startsWith("fe80"));
const all = (context: ProgramContext) => `${addresses(context).join(" ")} `;
const resolved = () => "127.0.1.1";
function full({ world, model }: ProgramContext): string {
  const { domain } = model.persona;
  return domain === "" ? world.hostname() : `${world.hostname()}.${domain}`;
}

const answers: ReadonlyMap<string, (context: ProgramContext) => string> = new Map([
  ["-I", all],
  ["--all-ip-addresses", all],
  ["-i", resolved],
  ["--ip-address", resolved],
  ["-f", full],
  ["--fqdn", full],
  ["--long", full],
  ["-A", (context: ProgramContext) => `${full(context)} `],
  ["-s", ({ world }: ProgramContext) => world.hostname().split(".")[0] ?? ""],
  ["--short", ({ world }: ProgramContext) => world.hostname()],
  ["-d", ({ model }: ProgramContext) => model.persona.domain],
]);

const hostnameUsage = `Usage: hostname [-b] {hostname|-F file}         set host name (from file)
       hostname [-a|-A|-d|-f|-i|-I|-s|-y]       display formatted name
       hostname                                 display host name

       {yp,nis,}domainname {nisdomain|-F file}  set NIS domain name (from file)
       {yp,nis,}domainname                      display NIS domain name

       dnsdomainname                            display dns domain name

       hostname -V|--version|-h|--help          print info and exit

Program name:
       {yp,nis,}domainname=hostname -y
       dnsdomainname=hostname -d

Program options:
    -a, --alias            alias names
    -A, --all-fqdns        all long host names (FQDNs)
    -b, --boot             set default hostname if none available
    -d, --domain           DNS domain name
    -f, --fqdn, --long     long host name (FQDN)
    -F, --file             read host name or NIS domain name from given file
    -i, --ip-address       addresses for the host name
    -I, --all-ip-addresses all addresses for the host
    -s, --short            short host name
    -y, --yp, --nis        NIS/YP domain name

Description:
   This command can get or set the host name or the NIS domain name. You can
   also get the DNS domain or the FQDN (fully qualified domain name).
   Unless you are using bind or NIS for host lookups you can change the
   FQDN (Fully Qualified Domain Name) and the DNS domain name (which is
   part of the FQDN) in the /etc/hosts file.
`;

export const hostnamePrograms: readonly Program[] = [{ names: ["hostname"], run: hostname }];
