import { BlockList, isIP } from "node:net";
import { RotationError } from "../model/errors";
import { given } from "../model/json";
import { isHttp } from "./awsSettings";

/** What sets proxies: the settings of @pulumi/aws, else the environment. */
export interface Proxies {
  httpProxy?: string;
  httpsProxy?: string;
  /** Hosts that are reached without one, by commas. */
  noProxy?: string;
}

/** As `http.ProxyFromEnvironment` of Go reads them, which @pulumi/aws uses: no ALL_PROXY, and the upper case first. */
export function proxiesOf({ httpProxy, httpsProxy, noProxy }: Proxies, env: NodeJS.ProcessEnv): Proxies {
  const or = (...values: (string | undefined)[]) => values.find((value) => value);
  return given({
    httpProxy: or(httpProxy, env.HTTP_PROXY, env.http_proxy),
    // @pulumi/aws takes its httpProxy for both.
    httpsProxy: or(httpsProxy, httpProxy, env.HTTPS_PROXY, env.https_proxy),
    noProxy: or(noProxy, env.NO_PROXY, env.no_proxy),
  });
}

/**
 * The proxy that a host is reached through; by the rules of Go's `golang.org/x/net/http/httpproxy`.
 * @throws RotationError for a proxy that can't be used
 */
export function proxyFor(url: { protocol: string; host: string; port: number }, proxies: Proxies): URL | undefined {
  const proxy = url.protocol === "https:" ? proxies.httpsProxy : proxies.httpProxy;
  if (!proxy || isDirect(url.host.toLowerCase().replace(/^\[|\]$|\.$/g, ""), url.port, proxies.noProxy))
    return undefined;
  const found = proxyProblem(proxy);
  if (found === undefined) return new URL(withScheme(proxy));
  const attempted = "Can't use the proxy that HTTPS_PROXY or HTTP_PROXY names";
  throw new RotationError({
    attempted,
    found: `its address ${found}`,
    todo: "Correct it; or name the host in NO_PROXY.",
  });
}

/** Why an address is that of no proxy; without a word of it, since it may hold a password. */
export function proxyProblem(proxy: string): string | undefined {
  const address = withScheme(proxy);
  if (/^socks/i.test(address)) return "begins with socks, which this package does not speak.";
  if (isHttp(address)) return undefined;
  return "is none: it must be http://host:port, with name and password before the host if it wants them.";
}

function withScheme(proxy: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function isDirect(host: string, port: number, none = ""): boolean {
  if (host === "localhost" || (isIP(host) && LOOPBACK.check(host, family(host)))) return true;
  return none.split(",").some((entry) => matches(entry.trim().toLowerCase(), host, port));
}

/** One of NO_PROXY's: `*`, an address, a range of them, or a name, which stands for those below it as well; with a port or without. */
function matches(entry: string, host: string, port: number): boolean {
  if (entry === "*") return true;
  const [, base = "", bits] = /^(.+)\/(\d+)$/.exec(entry) ?? [];
  if (isIP(base) && Number(bits) <= (isIP(base) === 6 ? 128 : 32))
    return isIP(host) !== 0 && range(base, Number(bits)).check(host, family(host));
  const [, name = "", only] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) ? `[${entry}]` : entry) ?? [];
  if (name === "" || (only && Number(only) !== port)) return false;
  if (isIP(name)) return name === host;
  const suffix = name.replace(/^\*(?=\.)/, "");
  return suffix.startsWith(".") ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

const family = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

function range(base: string, bits: number): BlockList {
  const list = new BlockList();
  list.addSubnet(base, bits, family(base));
  return list;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");
