/** A statement that this device writes and signs itself: RFC 8785 bytes under a domain of their own. */
import { utf8 } from './base64';
import type { Bytes } from './der';
import { deviceKey } from './keys';

export type Plain = string | number | Plain[] | { [name: string]: Plain };

// The server's counterpart is meetings/signing.py: a ballot's PDF never begins so.
const DOMAIN = 'ecabinet/session-vote/v1\0';

/** The canonical text of integers, NFC text, lists and objects; keys in the order of their units. */
export function canonical(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.keys(value).sort();
    return `{${entries.map((name) => `${JSON.stringify(name)}:${canonical(value[name] as Plain)}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError('no integer');
  if (typeof value === 'string' && value !== value.normalize('NFC'))
    throw new RangeError('not NFC');
  return JSON.stringify(value);
}

/** r and s, 64 bytes, by this account's key on this device; null when it has none. */
export async function signStatement(person: number, statement: string): Promise<Bytes | null> {
  const key = await deviceKey(person);
  if (!key) return null;
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const bytes = utf8(DOMAIN + statement);
  return new Uint8Array(await crypto.subtle.sign(algorithm, key.pair.privateKey, bytes));
}
