// The kinds of values that only providers set, for the table of settings: what each expects, and text → value, undefined
// when the text is not that.

import { parsePortNumber, parseServiceLabel } from '../registry/formats/port.ts';
import { parseInstanceAddress } from './address.ts';

/** The text as it is: the registrar reads it once more, with the rest of the instance. */
export const INSTANCE_ADDRESS = {
  expects: 'an address that others can reach, such as http://10.0.0.1:8080, 10.0.0.1:8080 or 10.0.0.1',
  parse: (text: string): string | undefined => (parseInstanceAddress(text).kind === 'address' ? text : undefined),
};

export const INSTANCE_ID = {
  expects: 'text without a slash',
  parse: (text: string): string | undefined => (text === '' || text.includes('/') ? undefined : text),
};

/** Ends in a slash, whether it is written or not. */
export const KEY_PREFIX = {
  expects: 'what keys begin with, such as / or /skydns/local/svc',
  parse: (text: string): string | undefined => (text === '' ? undefined : text.replace(/\/*$/, '/')),
};

/** A pair of a name and what stands behind its `=`. */
export type Pair<Value> = readonly [name: string, value: Value];

export const NAMED_PORT = {
  expects: 'NAME=PORT such as http=8080',
  parse(text: string): Pair<number> | undefined {
    const [, name = '', portText] = /^([^=]+)=(.*)$/.exec(text) ?? [];
    const port = parsePortNumber(portText);
    return port === undefined || parseServiceLabel(name) === undefined ? undefined : [name, port];
  },
};

export const METADATA = {
  expects: 'KEY=VALUE such as version=3',
  parse(text: string): Pair<string> | undefined {
    const at = text.indexOf('=');
    return at < 1 ? undefined : [text.slice(0, at), text.slice(at + 1)];
  },
  // A value may have commas, so each pair has a flag of its own.
  split: (text: string) => [text],
};

/** A URL, the instance's own port, or no check. */
export const CHECK = {
  expects: 'a URL such as http://127.0.0.1:8080/health, tcp or none',
  parse(text: string): URL | 'tcp' | 'none' | undefined {
    if (text === 'tcp' || text === 'none') return text;
    return /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  },
};
