// The names that exist, and which of them a change touches.

import { describe, expect, it } from 'vitest';
import type { Instance } from '../../src/registry/instance.ts';
import { NameTable, type Placement } from '../../src/registry/name-table.ts';
import { type FoldedName, foldName, formatName, nameOf } from '../../src/wire/name.ts';

const APEX = nameOf('svc.local');
const folded = (text: string) => foldName(nameOf(text));

function placement(key: string): Placement {
  const instance: Instance = {
    key,
    host: { kind: 'ipv4', address: '10.0.0.1' },
    ports: [],
    priority: 10,
    weight: 100,
    ttlSeconds: undefined,
    texts: [],
    up: true,
    group: undefined,
    targetStrip: 0,
    mail: false,
    leaseId: '0',
    modRevision: 1n,
  };
  return { registration: { key, instance }, names: { own: APEX, target: APEX, aggregates: [] }, apex: APEX };
}

/** A table that notes the names it was told of since it was last asked. */
function table(...apexes: string[]) {
  let told: FoldedName[] = [];
  const names = new NameTable(new Set(apexes.map(folded)), (name) => told.push(name));
  const changes = () => {
    const texts = told.map(formatName);
    told = [];
    return [...new Set(texts)].sort();
  };
  return { names, changes };
}

describe('the table of names', () => {
  it('has every name between a registered one and the apex, and none above', () => {
    const { names } = table('svc.local');
    names.add(nameOf('a.b.c.svc.local'), placement('/1'), 'own');
    expect(names.size).toBe(4);
    for (const text of ['a.b.c.svc.local', 'b.c.svc.local', 'c.svc.local', 'svc.local']) {
      expect(names.get(folded(text))?.name).toBe(nameOf(text));
    }
    expect(names.get(folded('local'))).toBeUndefined();
  });

  it('tells of a name when it gets or loses records, and of those above it only when they begin or cease to exist', () => {
    const { names, changes } = table('svc.local');
    const [one, two] = [placement('/1'), placement('/2')];
    names.add(nameOf('a.b.svc.local'), one, 'own');
    expect(changes()).toEqual(['a.b.svc.local.', 'b.svc.local.', 'svc.local.']);
    names.add(nameOf('c.b.svc.local'), two, 'own');
    expect(changes()).toEqual(['c.b.svc.local.']);
    names.remove(nameOf('a.b.svc.local'), one, 'own');
    expect(changes()).toEqual(['a.b.svc.local.']);
    names.remove(nameOf('c.b.svc.local'), two, 'own');
    expect(changes()).toEqual(['b.svc.local.', 'c.b.svc.local.', 'svc.local.']);
    expect(names.size).toBe(0);
  });

  it('raises the version of a name with every change of its records and with its end, and of no other', () => {
    const { names } = table('svc.local');
    const [one, two] = [placement('/1'), placement('/2')];
    names.add(nameOf('a.svc.local'), one, 'own');
    names.add(nameOf('b.svc.local'), one, 'own');
    const [a, b] = [names.get(folded('a.svc.local')), names.get(folded('b.svc.local'))];
    const before = { a: a?.version ?? 0, b: b?.version ?? 0 };
    names.add(nameOf('a.svc.local'), two, 'member');
    expect(a?.version).toBeGreaterThan(before.a);
    const after = a?.version ?? 0;
    names.remove(nameOf('a.svc.local'), two, 'member');
    names.remove(nameOf('a.svc.local'), one, 'own');
    expect(a?.version).toBeGreaterThan(after + 1);
    expect(b?.version).toBe(before.b);
  });

  it('keeps what is registered in one role apart from what is registered in another', () => {
    const { names } = table('svc.local');
    const [one, two] = [placement('/1'), placement('/2')];
    const http = { name: 'http', number: 80, protocol: 'tcp' };
    names.add(nameOf('a.svc.local'), one, 'own');
    names.add(nameOf('a.svc.local'), two, 'member');
    names.add(nameOf('a.svc.local'), two, http);
    names.add(nameOf('a.svc.local'), two, { ...http, number: 81 });
    const found = names.get(folded('a.svc.local'));
    expect([...(found?.own ?? [])]).toEqual([one]);
    expect([...(found?.members ?? [])]).toEqual([two]);
    expect(found?.services.get(two)?.map(({ number }) => number)).toEqual([80, 81]);
    names.remove(nameOf('a.svc.local'), one, 'own');
    expect(found?.own.size).toBe(0);
    expect(found?.members.size).toBe(1);
  });

  it('finds names without regard to case, in the case in which they came first', () => {
    const { names } = table('svc.local');
    names.add(nameOf('Web.SVC.local'), placement('/1'), 'own');
    names.add(nameOf('web.svc.local'), placement('/2'), 'own');
    expect(names.get(folded('WEB.svc.LOCAL'))?.own.size).toBe(2);
    expect(names.get(folded('web.svc.local'))?.name).toBe(nameOf('Web.SVC.local'));
  });

  it('stops at the nearest apex, so that a zone inside another ends there', () => {
    const { names } = table('svc.local', 'eu.svc.local');
    names.add(nameOf('a.eu.svc.local'), placement('/1'), 'own');
    expect(names.get(folded('eu.svc.local'))).toBeDefined();
    expect(names.get(folded('svc.local'))).toBeUndefined();
  });

  it('takes the removal of what is not there for nothing', () => {
    const { names, changes } = table('svc.local');
    names.remove(nameOf('a.svc.local'), placement('/1'), 'own');
    expect(names.size).toBe(0);
    expect(changes()).toEqual([]);
  });
});
