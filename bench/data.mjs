// The names that every server is given, made once and written in three forms: keys for etcd, a zone file, and records
// for servers that read neither. All forms say the same.

/** A name that no one owns (RFC 2606 §3). */
export const ZONE = 'bench.example';

/** Seconds, as svcdns gives them by default. */
const TTL_SECONDS = 5;
const NEGATIVE_TTL_SECONDS = 2;

/** What svcdns gives an instance that says nothing of its own. */
const PRIORITY = 10;
const WEIGHT = 100;
const PORT = 8080;

/** The service of the `small` data that has more instances than a datagram holds. */
export const CROWD = 'crowd';

/** The sets of data: services by name, with the number of their instances. */
export const DATA_SETS = {
  small: () => new Map([...services(1_000), [CROWD, 300]]),
  wide: () => new Map(services(10_000)),
};

/** @returns {[string, number][]} */
function services(count) {
  return Array.from({ length: count }, (_, index) => [serviceName(index), 3]);
}

/** @param {number} index from 0 */
export function serviceName(index) {
  return `s${String(index).padStart(5, '0')}`;
}

/**
 * @typedef {object} Instance
 * @property {string} service
 * @property {string} id
 * @property {string} address
 */

/**
 * The instances of a set of data, each with an address of its own.
 *
 * @param {keyof typeof DATA_SETS} dataSet
 * @returns {Instance[]}
 */
export function instances(dataSet) {
  const found = [];
  for (const [service, count] of DATA_SETS[dataSet]()) {
    for (let id = 1; id <= count; id += 1) {
      // From 10.0.1.1 on; no last octet is 0 or 255.
      const number = found.length;
      const address = `10.${Math.floor(number / 63_500)}.${1 + (Math.floor(number / 254) % 250)}.${1 + (number % 254)}`;
      found.push({ service, id: String(id), address });
    }
  }
  return found;
}

/** @param {Instance} instance */
export function etcdEntry({ service, id, address }) {
  return { key: `/${service}/${id}`, value: `http://${address}:${PORT}` };
}

/**
 * The records of all instances, each as owner, type and data in zone-file notation, owners relative to the zone.
 *
 * @param {readonly Instance[]} all
 */
export function records(all) {
  return all.flatMap(({ service, id, address }) => {
    const host = `${id}.${service}`;
    return [
      { owner: service, type: 'A', data: [address] },
      { owner: service, type: 'SRV', data: [PRIORITY, WEIGHT, PORT, host] },
      { owner: host, type: 'A', data: [address] },
      { owner: host, type: 'SRV', data: [PRIORITY, WEIGHT, PORT, host] },
    ];
  });
}

/** @param {readonly Instance[]} all */
export function zoneFile(all) {
  const lines = [
    `$ORIGIN ${ZONE}.`,
    `$TTL ${TTL_SECONDS}`,
    `@ IN SOA ns1 hostmaster 1 3600 600 604800 ${NEGATIVE_TTL_SECONDS}`,
    '@ IN NS ns1',
    'ns1 IN A 127.0.0.1',
    ...records(all).map(({ owner, type, data }) => `${owner} IN ${type} ${data.join(' ')}`),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The configuration of dnsmasq: addresses as in /etc/hosts, because a `host-record` has only one.
 *
 * @param {readonly Instance[]} all
 */
export function dnsmasqFiles(all) {
  const hosts = [];
  const services = [];
  for (const { owner, type, data } of records(all)) {
    if (type === 'A') hosts.push(`${data[0]} ${owner}.${ZONE}`);
    else services.push(`srv-host=${owner}.${ZONE},${data[3]}.${ZONE},${data[2]},${data[0]},${data[1]}`);
  }
  return { hosts: `${hosts.join('\n')}\n`, configuration: `local-ttl=${TTL_SECONDS}\n${services.join('\n')}\n` };
}
