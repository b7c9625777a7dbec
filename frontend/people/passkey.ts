/** The browser's own API for passkeys; what it does not know, is not offered. */
import { send } from '../http';

export const canUse = (): boolean =>
  typeof PublicKeyCredential === 'function' &&
  typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';

export async function make(label: string): Promise<void> {
  await send('/passkeys', { body: { answer: await makeFor('/passkeys/options'), label } });
}

/** A new passkey, as the server asks for it at this address. */
export async function makeFor(url: string): Promise<unknown> {
  const options = await send<PublicKeyCredentialCreationOptionsJSON>(url, { method: 'POST' });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return answerOf(await navigator.credentials.create({ publicKey }));
}

/** Where to go after signing in. */
export async function signIn(next: string): Promise<string> {
  const options = await send<PublicKeyCredentialRequestOptionsJSON>('/sign-in/passkey/options', {
    method: 'POST',
  });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const answer = answerOf(await navigator.credentials.get({ publicKey }));
  return (await send<{ to: string }>('/sign-in/passkey', { body: { answer, next } })).to;
}

/** What a passkey says of this payload, for the act that it belongs to. */
export async function stepUp(options: PublicKeyCredentialRequestOptionsJSON): Promise<unknown> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return answerOf(await navigator.credentials.get({ publicKey }));
}

function answerOf(credential: Credential | null): unknown {
  if (!(credential instanceof PublicKeyCredential)) throw new Error('no answer');
  return credential.toJSON();
}

/** Whether the person (or the browser) simply did not go on; passkeys are good for one name, and a
 *  demo may be open under a number. */
export const gaveUp = (wrong: unknown): boolean =>
  wrong instanceof DOMException &&
  ['NotAllowedError', 'AbortError', 'SecurityError'].includes(wrong.name);
