// A second host: a network namespace joined to the tests' own by a veth pair. Needs root; `run`
// removes what a broken test leaves.
import { execFileSync } from 'node:child_process';

const sh = (...argv) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' });

/** Makes the tests' own namespace a 1:1 NAT: `outside` is `inside`, but for TCP ports given as [from, to]. */
export function nat(outside, inside, ports = []) {
  sh('nft', `add table ip nat; add chain ip nat pre { type nat hook prerouting priority -100; };
    add chain ip nat post { type nat hook postrouting priority 100; };
    ${ports.map(([from, to]) => `add rule ip nat pre ip daddr ${outside} tcp dport ${from} dnat to ${inside}:${to};`).join(' ')}
    add rule ip nat pre ip daddr ${outside} dnat to ${inside};
    add rule ip nat post ip saddr ${inside} snat to ${outside};`);
  return () => sh('nft', 'delete table ip nat');
}

export class Netns {
  /** The tests' end has `${net}.1`, the new host `${net}.2`. */
  constructor(what, net) {
    const name = `hop${what}${process.env.HOP_TEST_ID ?? process.pid}`;
    Object.assign(this, { name, net, server: `${net}.1`, client: `${net}.2`, far: `${name}b` });
    const near = `${name}a`;
    sh('ip', 'netns', 'add', name);
    sh('ip', 'link', 'add', near, 'type', 'veth', 'peer', 'name', this.far);
    sh('ip', 'link', 'set', this.far, 'netns', name);
    sh('ip', 'addr', 'add', `${net}.1/24`, 'dev', near);
    sh('ip', 'link', 'set', near, 'up');
    this.exec('ip', 'link', 'set', 'lo', 'up');
    // an IPv6 address that comes up late would be a network change to the browser
    this.exec('sysctl', '-qw', `net.ipv6.conf.${this.far}.disable_ipv6=1`);
    this.exec('ip', 'addr', 'add', `${net}.2/24`, 'dev', this.far);
    this.exec('ip', 'link', 'set', this.far, 'up');
  }

  exec(...argv) {
    // not `ip netns exec`, which remounts /sys: a chroot refuses that
    return sh('nsenter', `--net=/run/netns/${this.name}`, ...argv);
  }

  /** A firewall that lets no UDP out or in. */
  blockUdp() {
    this.exec('nft', 'add table inet hop; add chain inet hop in { type filter hook input priority 0; }; ' +
      'add chain inet hop out { type filter hook output priority 0; }; ' +
      'add rule inet hop in meta l4proto udp counter drop; add rule inet hop out meta l4proto udp counter drop');
  }

  /** A firewall that lets nothing out but these, as nft says them ("tcp dport 443"), and the answers. */
  allowOnly(...matches) {
    this.exec('nft', `add table inet hop; add chain inet hop in { type filter hook input priority 0; policy drop; };
      add chain inet hop out { type filter hook output priority 0; policy drop; };
      add rule inet hop in iif lo accept; add rule inet hop out oif lo accept;
      add rule inet hop in ct state established accept; ${matches.map((m) => `add rule inet hop out ${m} accept;`).join(' ')}
      add rule inet hop in meta l4proto { tcp, udp } counter drop; add rule inet hop out meta l4proto { tcp, udp } counter drop;`);
  }

  allowAll() {
    this.exec('nft', 'delete table inet hop');
  }

  /** Everything that it does not know goes to the tests' own namespace, which passes it on. */
  routeThroughUs() {
    this.exec('ip', 'route', 'add', 'default', 'via', this.server);
    sh('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  }

  /** A second line to the same server, as a laptop has with cable and Wi-Fi: used when the first is gone. */
  addLine(net) {
    const [near, far] = [`${this.name}c`, `${this.name}d`];
    sh('ip', 'link', 'add', near, 'type', 'veth', 'peer', 'name', far);
    sh('ip', 'link', 'set', far, 'netns', this.name);
    sh('ip', 'addr', 'add', `${net}.1/24`, 'dev', near);
    sh('ip', 'link', 'set', near, 'up');
    this.exec('sysctl', '-qw', `net.ipv6.conf.${far}.disable_ipv6=1`);
    this.exec('ip', 'addr', 'add', `${net}.2/24`, 'dev', far);
    this.exec('ip', 'link', 'set', far, 'up');
    this.exec('ip', 'route', 'add', 'default', 'via', `${net}.1`);
    this.second = `${net}.2`;
  }

  /** The cable is pulled. */
  loseFirstLine() {
    this.exec('ip', 'link', 'set', this.far, 'down');
    this.client = this.second;
  }

  /** The only line gets another address. */
  changeAddress(last) {
    // in this order: with its first address a subnet's further ones go, too
    this.exec('ip', 'addr', 'del', `${this.client}/24`, 'dev', this.far);
    this.exec('ip', 'addr', 'add', `${this.net}.${last}/24`, 'dev', this.far);
    this.client = `${this.net}.${last}`;
  }

  remove() {
    sh('ip', 'netns', 'del', this.name);
  }
}
