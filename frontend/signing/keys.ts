/** A member's signing key: made here, never leaves; one for each account on this origin. */
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

export async function forgetKey(person: number): Promise<void> {
  await (await store()).delete('keys', person);
}

/** The request by which this key asks for its certificate. */
export const csr = (key: DeviceKey): Promise<Bytes> => keyRequest(key.pair, 'e-Cabinet');
