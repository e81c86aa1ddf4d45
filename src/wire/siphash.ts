// SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash, which RFC 9018 §4.4 makes server cookies of. Its
// 64-bit words are pairs of 32-bit ones, as BigInt would take ten times as long.

/** Octets of a key. */
export const SIPHASH_KEY_OCTETS = 16;

/** Octets of a hash. */
export const SIPHASH_OCTETS = 8;

/** The largest value of 32 bits: a sum of two low words above it carries. */
const LOW_MAX = 0xffffffff;

/** The hash function under one key. */
export class SipHash {
  readonly #k0Low: number;
  readonly #k0High: number;
  readonly #k1Low: number;
  readonly #k1High: number;

  constructor(key: Uint8Array) {
    if (key.length !== SIPHASH_KEY_OCTETS)
      throw new Error(`a key of ${key.length} octets: expected ${SIPHASH_KEY_OCTETS}`);
    this.#k0Low = littleEndian(key, 0, 4);
    this.#k0High = littleEndian(key, 4, 8);
    this.#k1Low = littleEndian(key, 8, 12);
    this.#k1High = littleEndian(key, 12, 16);
  }

  /** Writes the hash of `input[0, length)` to `out[at, at + 8)`. */
  hash(input: Uint8Array, length: number, out: Uint8Array, at: number): void {
    let v0Low = this.#k0Low ^ 0x70736575;
    let v0High = this.#k0High ^ 0x736f6d65;
    let v1Low = this.#k1Low ^ 0x6e646f6d;
    let v1High = this.#k1High ^ 0x646f7261;
    let v2Low = this.#k0Low ^ 0x6e657261;
    let v2High = this.#k0High ^ 0x6c796765;
    let v3Low = this.#k1Low ^ 0x79746573;
    let v3High = this.#k1High ^ 0x74656462;
    // The last word has what is left, and the length in its highest octet; the turn after it is the finalization.
    const words = (length >>> 3) + 1;
    for (let word = 0; word <= words; word += 1) {
      const isFinal = word === words;
      let low = 0;
      let high = 0;
      if (isFinal) {
        v2Low ^= 0xff;
      } else {
        low = littleEndian(input, 8 * word, length);
        high = littleEndian(input, 8 * word + 4, length);
        if (word === words - 1) high |= length << 24;
        v3Low ^= low;
        v3High ^= high;
      }
      for (let rounds = isFinal ? 4 : 2; rounds > 0; rounds -= 1) {
        // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
        let sum = (v0Low >>> 0) + (v1Low >>> 0);
        let sumHigh = (v0High + v1High + (sum > LOW_MAX ? 1 : 0)) | 0;
        let turned = (v1Low << 13) | (v1High >>> 19);
        v1High = ((v1High << 13) | (v1Low >>> 19)) ^ sumHigh;
        v1Low = turned ^ sum;
        v0Low = sumHigh;
        v0High = sum | 0;
        // v2 += v3; v3 <<<= 16; v3 ^= v2
        sum = (v2Low >>> 0) + (v3Low >>> 0);
        v2High = (v2High + v3High + (sum > LOW_MAX ? 1 : 0)) | 0;
        v2Low = sum | 0;
        turned = (v3Low << 16) | (v3High >>> 16);
        v3High = ((v3High << 16) | (v3Low >>> 16)) ^ v2High;
        v3Low = turned ^ v2Low;
        // v0 += v3; v3 <<<= 21; v3 ^= v0
        sum = (v0Low >>> 0) + (v3Low >>> 0);
        v0High = (v0High + v3High + (sum > LOW_MAX ? 1 : 0)) | 0;
        v0Low = sum | 0;
        turned = (v3Low << 21) | (v3High >>> 11);
        v3High = ((v3High << 21) | (v3Low >>> 11)) ^ v0High;
        v3Low = turned ^ v0Low;
        // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
        sum = (v2Low >>> 0) + (v1Low >>> 0);
        sumHigh = (v2High + v1High + (sum > LOW_MAX ? 1 : 0)) | 0;
        turned = (v1Low << 17) | (v1High >>> 15);
        v1High = ((v1High << 17) | (v1Low >>> 15)) ^ sumHigh;
        v1Low = turned ^ sum;
        v2Low = sumHigh;
        v2High = sum | 0;
      }
      v0Low ^= low;
      v0High ^= high;
    }
    putLittleEndian(out, at, v0Low ^ v1Low ^ v2Low ^ v3Low);
    putLittleEndian(out, at + 4, v0High ^ v1High ^ v2High ^ v3High);
  }
}

/** Up to four octets from `at`, the first the lowest; those from `end` on are zero. */
function littleEndian(octets: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let index = Math.min(at + 4, end) - 1; index >= at; index -= 1) word = (word << 8) | (octets[index] ?? 0);
  return word;
}

function putLittleEndian(out: Uint8Array, at: number, word: number): void {
  for (let octet = 0; octet < 4; octet += 1) out[at + octet] = word >>> (8 * octet);
}
