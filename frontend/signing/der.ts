/** DER as far as a key request and the signed attributes of a CMS need it; one form, or none. */
import { joined, sha256, toHex, utf8 } from './base64';

export type Bytes = Uint8Array<ArrayBuffer>;

export class NotDer extends Error {}

export interface Element {
  tag: number;
  body: Bytes;
  /** Tag, length and body, as they stand. */
  whole: Bytes;
}

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OBJECT_ID = 0x06;
export const UTF8_STRING = 0x0c;
export const SEQUENCE = 0x30;
export const SET = 0x31;
/** Context tag 0, constructed: the attributes of a key request. */
const CONTEXT_0 = 0xa0;
const LONGEST = 0xff_ffff;

// ---- writing ----

export function element(tag: number, ...parts: ArrayLike<number>[]): Bytes {
  const body = joined(...parts);
  return joined([tag], lengthOf(body.length), body);
}

function lengthOf(count: number): number[] {
  if (count < 0x80) return [count];
  const digits: number[] = [];
  for (let rest = count; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [0x80 | digits.length, ...digits];
}

export function objectId(dotted: string): Bytes {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  return element(OBJECT_ID, ...[first * 40 + second, ...others].map(base128));
}

function base128(value: number): number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift(0x80 | (rest % 128));
  }
  return digits;
}

/** A number of big-endian bytes: no leading zeros but the one that keeps it positive. */
function integer(bytes: Bytes): Bytes {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const shortest = bytes.subarray(start);
  return element(INTEGER, (shortest[0] ?? 0) & 0x80 ? [0] : [], shortest);
}

// ---- reading ----

/** The one element that these bytes are; nothing may follow it. */
export function read(bytes: Bytes): Element {
  const found = first(bytes, 0);
  if (found.whole.length !== bytes.length) throw new NotDer('something follows');
  return found;
}

/** The elements that these bytes are, one after the other. */
export function readAll(bytes: Bytes): Element[] {
  const found: Element[] = [];
  for (let place = 0; place < bytes.length; ) {
    const next = first(bytes, place);
    found.push(next);
    place += next.whole.length;
  }
  return found;
}

function first(bytes: Bytes, start: number): Element {
  const tag = byteAt(bytes, start);
  if ((tag & 0x1f) === 0x1f) throw new NotDer('a tag of several bytes');
  const { length, size } = readLength(bytes, start + 1);
  const from = start + 1 + size;
  const end = from + length;
  if (end > bytes.length) throw new NotDer('the length runs past the end');
  return { tag, body: bytes.subarray(from, end), whole: bytes.subarray(start, end) };
}

function readLength(bytes: Bytes, place: number): { length: number; size: number } {
  const head = byteAt(bytes, place);
  if (head < 0x80) return { length: head, size: 1 };
  const count = head & 0x7f;
  let length = 0;
  for (let each = 1; each <= count; each += 1) {
    length = length * 256 + byteAt(bytes, place + each);
    if (length === 0) throw new NotDer('a length with leading zeros');
    if (length > LONGEST) throw new NotDer('too long');
  }
  if (length < 0x80) throw new NotDer('a length in more bytes than it needs');
  return { length, size: 1 + count };
}

function byteAt(bytes: Bytes, place: number): number {
  const byte = bytes[place];
  if (byte === undefined) throw new NotDer('cut short');
  return byte;
}

/** The body of the one element with this tag that these bytes are. */
export function body(bytes: Bytes, tag: number): Bytes {
  const found = read(bytes);
  if (found.tag !== tag) throw new NotDer(`tag ${found.tag} instead of ${tag}`);
  return found.body;
}

/** An object identifier's body, dotted. */
export function readObjectId(bytes: Bytes): string {
  const numbers: number[] = [];
  let value = 0;
  let begun = false;
  for (const byte of bytes) {
    if (!begun && byte === 0x80) throw new NotDer('an arc with leading zeros');
    begun = true;
    value = value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER / 128) throw new NotDer('an arc too large');
    if (byte & 0x80) continue;
    numbers.push(value);
    value = 0;
    begun = false;
  }
  const [head, ...others] = numbers;
  if (head === undefined || begun) throw new NotDer('an identifier cut short');
  // The first two arcs share a number; only under 2 may the second reach 40 (X.690, 8.19.4).
  const root = Math.min(2, Math.floor(head / 40));
  return [root, head - root * 40, ...others].join('.');
}

/** Attributes of a CMS by their identifier; each has exactly one value. */
export function readAttributes(bytes: Bytes): Map<string, Bytes> {
  const found = new Map<string, Bytes>();
  const members = readAll(body(bytes, SET));
  for (const [place, each] of members.entries()) {
    const before = members[place - 1];
    if (before && !standsBefore(before.whole, each.whole)) throw new NotDer('a set out of order');
    const [type, values, ...rest] = readAll(body(each.whole, SEQUENCE));
    if (!type || !values || rest.length) throw new NotDer('not an attribute');
    const id = readObjectId(body(type.whole, OBJECT_ID));
    if (found.has(id)) throw new NotDer(`attribute ${id} stands twice`);
    found.set(id, read(body(values.whole, SET)).whole);
  }
  return found;
}

/** X.690, 11.6: the members of a set stand in ascending order of their bytes. */
function standsBefore(one: Bytes, other: Bytes): boolean {
  const shorter = Math.min(one.length, other.length);
  for (let place = 0; place < shorter; place += 1) {
    const difference = (one[place] ?? 0) - (other[place] ?? 0);
    if (difference) return difference < 0;
  }
  return one.length < other.length;
}

// ---- a request for a certificate ----

const COMMON_NAME = '2.5.4.3';
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' };

/** PKCS #10 for a P-256 key; proves possession alone, since the server decides the name. */
export async function keyRequest(pair: CryptoKeyPair, name: string): Promise<Bytes> {
  const subject = element(
    SEQUENCE,
    element(SET, element(SEQUENCE, objectId(COMMON_NAME), element(UTF8_STRING, utf8(name)))),
  );
  const info = element(
    SEQUENCE,
    element(INTEGER, [0]),
    subject,
    await publicKeyInfo(pair),
    element(CONTEXT_0),
  );
  const raw = new Uint8Array(await crypto.subtle.sign(ALGORITHM, pair.privateKey, info));
  const algorithm = element(SEQUENCE, objectId(ECDSA_SHA256));
  return element(SEQUENCE, info, algorithm, element(BIT_STRING, [0], signatureOf(raw)));
}

/** WebCrypto gives r and s side by side, X.509 wants a sequence of two integers. */
export function signatureOf(raw: Bytes): Bytes {
  if (raw.length !== 64) throw new NotDer('not 64 bytes');
  return element(SEQUENCE, integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}

export async function publicKeyInfo(pair: CryptoKeyPair): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
}

/** What names a key everywhere: SHA-256 of its SubjectPublicKeyInfo, in hex. */
export async function keyIdOf(pair: CryptoKeyPair): Promise<string> {
  return toHex(await sha256(await publicKeyInfo(pair)));
}
