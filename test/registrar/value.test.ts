// What is written for an instance in each format, and what a format has no place for.

import { describe, expect, it } from 'vitest';
import { type InstanceFields, type InstanceSocket, type ValueFormat, writeValue } from '../../src/registrar/value.ts';

const SOCKET: InstanceSocket = { scheme: undefined, host: '10.0.0.1', port: 8080 };
const ALL: InstanceFields = { ports: { grpc: 9090 }, weight: 5, priority: 1, metadata: { version: '3' } };

function write(socket: Partial<InstanceSocket>, fields: InstanceFields = {}, format?: ValueFormat): string {
  const written = writeValue('/a/1', { ...SOCKET, ...socket }, fields, format);
  return written.kind === 'value' ? written.text : written.reason;
}

describe('the value of an instance', () => {
  it.each([
    ['a URL when nothing is said', {}, {}, undefined, 'http://10.0.0.1:8080'],
    ['the URL of its scheme', { scheme: 'tcp', port: 5432 }, {}, undefined, 'tcp://10.0.0.1:5432'],
    ['a URL with brackets around IPv6', { host: 'fd00::1' }, {}, undefined, 'http://[fd00::1]:8080'],
    ['host and port', {}, {}, 'hostport', '10.0.0.1:8080'],
    [
      'JSON when a URL cannot say all',
      {},
      ALL,
      undefined,
      '{"address":"10.0.0.1","port":8080,"ports":{"grpc":9090},"weight":5,"priority":1,"metadata":{"version":"3"}}',
    ],
    [
      'JSON with the scheme as the name of the port',
      { scheme: 'http' },
      { weight: 5 },
      undefined,
      '{"address":"10.0.0.1","port":8080,"ports":{"http":8080},"weight":5}',
    ],
    [
      'JSON with the name that the port was given',
      { scheme: 'http' },
      { ports: { web: 8080 } },
      undefined,
      '{"address":"10.0.0.1","port":8080,"ports":{"web":8080}}',
    ],
    [
      'JSON with the protocol of the port',
      { scheme: 'udp', port: 53 },
      { weight: 5 },
      undefined,
      '{"address":"10.0.0.1","port":53,"ports":{"udp":{"port":53,"proto":"udp"}},"weight":5}',
    ],
    ['SkyDNS', {}, { weight: 5, priority: 1 }, 'skydns', '{"host":"10.0.0.1","port":8080,"priority":1,"weight":5}'],
    ['gRPC naming', {}, { metadata: { a: 'b' } }, 'grpc', '{"Op":0,"Addr":"10.0.0.1:8080","Metadata":{"a":"b"}}'],
  ] as const)('is %s', (_what, socket, fields, format, expected) => {
    expect(write(socket, fields, format)).toBe(expected);
  });

  it.each([
    [
      'a field that the format lacks',
      {},
      ALL,
      'skydns',
      'format skydns has no place for ports and metadata, expected format json',
    ],
    ['a weight that no server would take', {}, { weight: 65_536 }, undefined, 'weight: not as a server would take it'],
    [
      'an address that cannot be registered',
      { host: '169.254.1.1' },
      {},
      undefined,
      'host "169.254.1.1": a link-local address',
    ],
    ['a port that is none', { port: 0 }, {}, undefined, 'port "0": expected 1 to 65535 in decimal'],
  ] as const)('is refused for %s', (_what, socket, fields, format, expected) => {
    expect(write(socket, fields, format)).toBe(expected);
  });
});
