/** The member's signature over a PDF that this device has checked. */
import type { Bytes } from './der';
import { deviceKey } from './keys';
import { checkPaper, type Shown, WillNotSign } from './paper';

export { type Expected, type PaperFault, shortMark, WillNotSign } from './paper';

/** r and s, 64 bytes, over the attributes; WillNotSign when anything is not as shown. */
export async function signPaper(pdf: Bytes, attributes: Bytes, expected: Shown): Promise<Bytes> {
  const key = await deviceKey(expected.person);
  if (!key) throw new WillNotSign('no_key');
  await checkPaper(pdf, attributes, { ...expected, keyId: key.keyId, signatureClass: 'device' });
  // WebCrypto hashes by itself: it is given the attributes, never their digest.
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  return new Uint8Array(await crypto.subtle.sign(algorithm, key.pair.privateKey, attributes));
}
