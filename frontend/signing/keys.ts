/** A member's signing key: made here, never leaves; one for each account on this origin. */
import { joined, utf8 } from './base64';
import { type Bytes, keyIdOf, keyRequest } from './der';
import { store } from './store';

export interface DeviceKey {
  /** SHA-256 of the public key's SubjectPublicKeyInfo, in hex. */
  keyId: string;
  label: string;
  pair: CryptoKeyPair;
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

/** The key of this account on this device, or null when there is none (any more). */
export async function deviceKey(person: number): Promise<DeviceKey | null> {
  const row = await (await store()).get('keys', person);
  return row ? { keyId: await keyIdOf(row.pair), label: row.label, pair: row.pair } : null;
}

/** A new key for this account, unless one stands: an interrupted request is so repeated. */
export async function makeKey(person: number, label: string): Promise<DeviceKey> {
  // Browsers may throw away what they were not asked to keep; a refusal changes nothing here.
  await navigator.storage?.persist?.();
  const pair = (await crypto.subtle.generateKey(P256, false, ['sign', 'verify'])) as CryptoKeyPair;
  const db = await store();
  const change = db.transaction('keys', 'readwrite');
  if (!(await change.store.get(person))) await change.store.put({ person, label, pair });
  await change.done;
  const kept = await deviceKey(person);
  if (!kept) throw new Error('the key was not kept');
  return kept;
}

// A ballot's attributes and a vote's statement never begin so: people/service/devices.py.
const RENEWAL = 'ecabinet/key-renewal/v1\0';
const TRIAL = 'ecabinet/key-trial/v1\0';
const ECDSA = { name: 'ECDSA', hash: 'SHA-256' };

const signedBy = async (pair: CryptoKeyPair, domain: string, content: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.sign(ECDSA, pair.privateKey, joined(utf8(domain), content)));

export interface Renewal {
  request: Bytes;
  /** The key that still signs, and its signature over the request. */
  old: string;
  signature: Bytes;
}

/** Make the key that takes this one's place; kept beside it, so that no answer lost loses both. */
export async function beginRenewal(person: number): Promise<Renewal | null> {
  const made = (await crypto.subtle.generateKey(P256, false, ['sign', 'verify'])) as CryptoKeyPair;
  const change = (await store()).transaction('keys', 'readwrite');
  const row = await change.store.get(person);
  if (row && !row.next) await change.store.put({ ...row, next: made });
  await change.done;
  if (!row) return null;
  const request = await keyRequest(row.next ?? made, 'e-Cabinet');
  const signature = await signedBy(row.pair, RENEWAL, request);
  return { request, old: await keyIdOf(row.pair), signature };
}

/** Put the new key in the old one's place once the server knows it, also after a lost answer. */
export async function settleRenewal(person: number, known: string[]): Promise<void> {
  const row = await (await store()).get('keys', person);
  if (!row?.next || !known.includes(await keyIdOf(row.next))) return;
  const { next, ...kept } = row;
  await (await store()).put('keys', { ...kept, pair: next });
}

/** What shows that this key signs; it decides nothing. */
export const signTrial = (key: DeviceKey, challenge: Bytes): Promise<Bytes> =>
  signedBy(key.pair, TRIAL, challenge);

export async function forgetKey(person: number): Promise<void> {
  await (await store()).delete('keys', person);
}

/** The request by which this key asks for its certificate. */
export const csr = (key: DeviceKey): Promise<Bytes> => keyRequest(key.pair, 'e-Cabinet');
