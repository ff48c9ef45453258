import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** From where a request comes, and what it called this server. */
export interface Peer {
  /** IP address of the client. */
  address: string;
  /** As in the header Host; null where it names none. */
  host: string | null;
  /** Did it come by TLS? */
  secure: boolean;
}

/** IPv4 within IPv6 is IPv4. */
const plain = (address = ''): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** What stands last in a header of a list: the nearest proxy wrote it. */
const lastOf = (header: string | string[] | undefined): string | undefined =>
  String(header ?? '')
    .split(',')
    .at(-1)!
    .trim() || undefined;

/** The proxies whose word counts of where a request comes from; of everybody else's X-Forwarded-For, -Proto and -Host nothing is believed. */
export class Proxies {
  private readonly list = new BlockList();

  /** @param addresses of proxies, and networks in the notation of CIDR @throws TypeError or RangeError for what is neither */
  constructor(addresses: readonly string[]) {
    for (const each of addresses) {
      const [address = '', bits] = each.split('/');
      const family = isIP(address);
      if (family === 0) throw new TypeError(`${each} is no address`);
      const type = family === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.list.addAddress(address, type);
      else if (/^\d{1,3}$/.test(bits)) this.list.addSubnet(address, Number(bits), type);
      else throw new TypeError(`${each} is no network`);
    }
  }

  /** Is this the address of a proxy? */
  trusts(address: string | undefined): boolean {
    const bare = plain(address);
    const family = isIP(bare);
    return family !== 0 && this.list.check(bare, family === 6 ? 'ipv6' : 'ipv4');
  }

  /** Where a request comes from, by what can be believed of it. */
  peerOf({ socket, headers }: IncomingMessage): Peer {
    const secure = (socket as TLSSocket).encrypted === true;
    const [address, host] = [plain(socket.remoteAddress), headers.host ?? null];
    if (!this.trusts(address)) return { address, host, secure };
    const proto = lastOf(headers['x-forwarded-proto']);
    return {
      address: this.firstBeyond(address, String(headers['x-forwarded-for'] ?? '').split(',')),
      host: lastOf(headers['x-forwarded-host']) ?? host,
      secure: proto === undefined ? secure : proto === 'https',
    };
  }

  /** The address nearest to us that is no proxy of ours; what lies beyond it anybody may have written. */
  private firstBeyond(nearest: string, forwarded: readonly string[]): string {
    let found = nearest;
    for (const each of forwarded.map((address) => plain(address.trim())).reverse()) {
      if (isIP(each) === 0) return found;
      found = each;
      if (!this.trusts(each)) return found;
    }
    return found;
  }
}
