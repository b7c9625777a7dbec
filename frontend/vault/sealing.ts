/** AES-256-GCM as the vault uses it. Whoever holds the open device holds the key as well: this
 *  deters, it does not defeat. */
import type { Sealed } from './store';

const AES = { name: 'AES-GCM', length: 256 } as const;
const IV_BYTES = 12;

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export const random = (bytes: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(bytes));

/** What wraps the key of the papers: of the server's half and of what lies here, neither alone. */
export async function wrapperOf(
  half: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  secret: string,
): Promise<CryptoKey> {
  const whole = await crypto.subtle.importKey('raw', half, 'HKDF', false, ['deriveKey']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt, info: utf8(`ecabinet vault ${secret}`) };
  return crypto.subtle.deriveKey(how, whole, AES, false, ['wrapKey', 'unwrapKey']);
}

/** A new key for papers, wrapped; it can be read out only here, before it is. */
export async function newKey(wrapper: CryptoKey): Promise<Sealed> {
  const key = await crypto.subtle.generateKey(AES, true, ['encrypt', 'decrypt']);
  const iv = random(IV_BYTES);
  return { iv, bytes: await crypto.subtle.wrapKey('raw', key, wrapper, { name: AES.name, iv }) };
}

export const unwrapped = ({ iv, bytes }: Sealed, wrapper: CryptoKey): Promise<CryptoKey> =>
  crypto.subtle.unwrapKey('raw', bytes, wrapper, { name: AES.name, iv }, AES, false, [
    'encrypt',
    'decrypt',
  ]);

/** `name` says what this is, and of whom: sealed under another it does not open. */
export async function seal(
  key: CryptoKey,
  name: string,
  content: Uint8Array<ArrayBuffer>,
): Promise<Sealed> {
  const iv = random(IV_BYTES);
  const how = { name: AES.name, iv, additionalData: utf8(name) };
  return { iv, bytes: await crypto.subtle.encrypt(how, key, content) };
}

export async function unsealed(
  key: CryptoKey,
  name: string,
  { iv, bytes }: Sealed,
): Promise<Uint8Array<ArrayBuffer>> {
  const how = { name: AES.name, iv, additionalData: utf8(name) };
  return new Uint8Array(await crypto.subtle.decrypt(how, key, bytes));
}
