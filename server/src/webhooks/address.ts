import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';

// Where messages may be sent: to addresses that anybody can reach, and to none of the house's own, by whatever name, in whatever notation.

/** Addresses that are not for the public internet: IANA's special-purpose registries, and what leads to such through IPv6. */
const RESERVED: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** The only part of IPv6 that is given out, and what of it is not for everybody, or holds an IPv4 address inside. */
const GLOBAL: readonly [string, number] = ['2000::', 3];
const NOT_GLOBAL: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const reserved = new BlockList();
for (const [network, prefix] of RESERVED) reserved.addSubnet(network, prefix, 'ipv4');
const global = new BlockList();
global.addSubnet(...GLOBAL, 'ipv6');
for (const [network, prefix] of NOT_GLOBAL) reserved.addSubnet(network, prefix, 'ipv6');

/** Can anybody on the internet reach this address? @param address IPv4 or IPv6, without brackets */
export function isPublic(address: string): boolean {
  if (isIPv4(address)) return !reserved.check(address, 'ipv4');
  return isIP(address) === 6 && global.check(address, 'ipv6') && !reserved.check(address, 'ipv6');
}

/** The address that a host of a URL is, without brackets; null where it is a name. */
export function addressIn(host: string): string | null {
  const bare = host.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 ? null : bare;
}

/** That a name leads to an address that is not for everybody. Says nothing of which: that is nobody's business. */
export class PrivateAddress extends Error {}

/**
 * Looks names up, and lets nothing through but addresses that anybody can reach: it is asked as the connection is made, so that what was
 * looked at is what is connected to.
 */
export const publicLookup: LookupFunction = (host, options, callback) => {
  resolve(host, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const found = addresses as unknown as { address: string; family: number }[];
    if (found.length === 0 || !found.every(({ address }) => isPublic(address)))
      return callback(new PrivateAddress('the host has an address that is not public'), '', 0);
    if (options.all) return callback(null, found as never, 0);
    callback(null, found[0]!.address, found[0]!.family);
  });
};
