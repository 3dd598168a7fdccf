/** Words and facts from which personas are made. None may name a decoy, a tool of ours or a known honeypot. */

type Pool<T> = readonly [T, ...T[]];

export const sites: Pool<string> = [
  "fra",
  "ber",
  "ams",
  "muc",
  "lon",
  "par",
  "zrh",
  "vie",
  "waw",
  "mad",
  "osl",
  "cph",
];

export const organisations: Pool<{ readonly name: string; readonly domain: string }> = [
  { name: "Halden Logistics", domain: "halden-logistics.lan" },
  { name: "Norvik Components", domain: "norvik-components.lan" },
  { name: "Brightwater Foods", domain: "brightwater-foods.lan" },
  { name: "Castell Medical", domain: "castell-medical.lan" },
  { name: "Ostrava Glass", domain: "ostrava-glass.lan" },
  { name: "Linden Publishing", domain: "linden-publishing.lan" },
];

export const givenNames: Pool<string> = [
  "anna",
  "ben",
  "clara",
  "david",
  "elena",
  "felix",
  "greta",
  "hannes",
  "ines",
  "jonas",
  "katja",
  "lukas",
  "marie",
  "nils",
  "olga",
  "paul",
  "rosa",
  "stefan",
  "tanja",
  "uwe",
  "vera",
  "wim",
  "yara",
  "zoe",
];

export const familyNames: Pool<string> = [
  "adler",
  "becker",
  "conti",
  "dvorak",
  "eder",
  "fischer",
  "garcia",
  "hofmann",
  "ivanov",
  "jansen",
  "keller",
  "lang",
  "moretti",
  "novak",
  "olsen",
  "peters",
  "richter",
  "schmid",
  "toth",
  "vogel",
  "weber",
  "zeman",
];

export interface Board {
  readonly vendor: string;
  readonly product: string;
  readonly cpuModel: string;
  /** First three bytes of a MAC of that vendor's devices. */
  readonly oui: string;
  readonly interface: string;
  readonly arch: "x86_64" | "mips" | "armv7l";
  readonly cpus: Pool<number>;
  readonly memoryMiB: Pool<number>;
  readonly diskGiB: Pool<number>;
}

export const serverBoards: Pool<Board> = [
  {
    vendor: "Dell Inc.",
    product: "PowerEdge R440",
    cpuModel: "Intel(R) Xeon(R) Silver 4210 CPU @ 2.20GHz",
    oui: "d0:94:66",
    interface: "eno1",
    arch: "x86_64",
    cpus: [20, 40],
    memoryMiB: [31_926, 64_176],
    diskGiB: [446, 894],
  },
  {
    vendor: "HPE",
    product: "ProLiant DL360 Gen10",
    cpuModel: "Intel(R) Xeon(R) Gold 5218 CPU @ 2.30GHz",
    oui: "94:40:c9",
    interface: "eno1",
    arch: "x86_64",
    cpus: [32, 64],
    memoryMiB: [64_130, 128_648],
    diskGiB: [447, 1_788],
  },
  {
    vendor: "Supermicro",
    product: "SYS-5019C-MR",
    cpuModel: "Intel(R) Xeon(R) E-2236 CPU @ 3.40GHz",
    oui: "ac:1f:6b",
    interface: "eno1",
    arch: "x86_64",
    cpus: [12],
    memoryMiB: [15_866, 31_998],
    diskGiB: [223, 476],
  },
  {
    vendor: "VMware, Inc.",
    product: "VMware7,1",
    cpuModel: "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz",
    oui: "00:50:56",
    interface: "ens192",
    arch: "x86_64",
    cpus: [2, 4, 8],
    memoryMiB: [3_919, 7_938, 15_988],
    diskGiB: [40, 60, 100],
  },
];

export const deviceBoards: Pool<Board> = [
  {
    vendor: "MediaTek",
    product: "MT7621AT",
    cpuModel: "MIPS 1004Kc V2.15",
    oui: "00:0c:43",
    interface: "br0",
    arch: "mips",
    cpus: [4],
    memoryMiB: [121, 249],
    diskGiB: [1],
  },
];

/** Weak pairs that the real world shows again and again; user names exist on the machine. */
export const weakPairs: Pool<readonly [string, string]> = [
  ["root", "123456"],
  ["root", "password"],
  ["root", "admin123"],
  ["root", "P@ssw0rd"],
  ["root", "1qaz2wsx"],
  ["root", "qwerty123"],
  ["root", "root123"],
  ["root", "toor"],
];

export const devicePairs: Pool<readonly [string, string]> = [
  ["root", "xc3511"],
  ["root", "vizxv"],
  ["root", "anko"],
  ["root", "juantech"],
  ["root", "Zte521"],
];

export const servicePairs: Pool<readonly [string, string]> = [
  ["deploy", "deploy123"],
  ["backup", "backup1"],
  ["oracle", "oracle123"],
  ["postgres", "postgres1"],
  ["test", "test123"],
  ["ftpuser", "ftpuser1"],
  ["jenkins", "jenkins1"],
];
