// Packets in tests are hexadecimal digits, grouped by field, with a remark where the digits do not speak for themselves.

/** The octets of `text`: digits in any grouping. A semicolon begins a remark, which ends with the line. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/;.*/g, '').replace(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`${text}: expected pairs of hexadecimal digits in lower case`);
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

/** The digits of octets, for comparing packets as text. */
export function toHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

/** Octets that count how many of them are read one by one: the measure of what a parser's work is bounded by. */
export function countReads(octets: Uint8Array): { readonly octets: Uint8Array; readonly reads: () => number } {
  let reads = 0;
  const counting = new Proxy(octets, {
    get(target, key) {
      if (typeof key === 'string' && key <= '9') reads += 1;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { octets: counting, reads: () => reads };
}
