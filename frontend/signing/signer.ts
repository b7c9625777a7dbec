/**
 * The port of a member's signature in their browser: who holds the key, of which class it is, and
 * what it gives over one paper. Adapters: the key of this device, and the member's official-duty
 * certificate or token, reached through the national signing client on this device.
 */
import { fromBase64, sameBytes, sha256 } from './base64';
import type { Bytes } from './der';
import { deviceKey } from './keys';
import {
  checkOutsidePaper,
  checkPaper,
  type Expected,
  type Shown,
  shortMark,
  WillNotSign,
} from './paper';
import { approve } from './plugin';
import { signPaper } from './sign';

export type SignatureClass = 'device' | 'token' | 'official-duty';
export type { Shown } from './paper';

/** A paper as the server has made it ready for one key. */
export interface PaperToSign {
  pending: string;
  consultation: number;
  pdf: Bytes;
  attributes: Bytes;
}

export interface Signer {
  readonly keyId: string;
  readonly label: string;
  readonly signatureClass: SignatureClass;
  /** How the paper's mark is read out, once paper and screen say one thing; WillNotSign else. */
  check(paper: PaperToSign, shown: Shown): Promise<string>;
  /** What the ballot carries in the place of a signature; WillNotSign, or the client's refusal. */
  sign(paper: PaperToSign, shown: Shown): Promise<Bytes>;
  /** Whether the member's passkey can confirm before this key signs. */
  readonly confirmsFirst: boolean;
}

/** The key that this browser holds for an account; null when it has none (any more). */
export async function deviceSigner(person: number): Promise<Signer | null> {
  const key = await deviceKey(person);
  if (!key) return null;
  return {
    keyId: key.keyId,
    label: key.label,
    signatureClass: 'device',
    confirmsFirst: true,
    check: async ({ pdf, attributes }, shown) =>
      shortMark(
        await checkPaper(pdf, attributes, {
          ...shown,
          keyId: key.keyId,
          signatureClass: 'device',
        }),
      ),
    sign: ({ pdf, attributes }, shown) => signPaper(pdf, attributes, shown),
  };
}

/** What the server gives for one try: two addresses that are good once, and a token. */
export interface Addresses {
  fetch: string;
  bring: string;
  token: string;
}

/** The server's side of a signature that is made outside the browser. */
export interface Outside {
  begin(paper: PaperToSign): Promise<Addresses>;
  signed(paper: PaperToSign): Promise<{ pdf: string }>;
}

export interface OutsideKey {
  keyId: string;
  label: string;
  signatureClass: SignatureClass;
}

/** A key that the signing client at this address reaches. */
export function outsideSigner(key: OutsideKey, plugin: string, server: Outside): Signer {
  const expected = (shown: Shown): Expected => ({ ...shown, ...key });
  return {
    ...key,
    confirmsFirst: false,
    check: async ({ pdf }, shown) => shortMark(await checkOutsidePaper(pdf, expected(shown))),
    async sign(paper, shown) {
      await checkOutsidePaper(paper.pdf, expected(shown));
      const { fetch, bring, token } = await server.begin(paper);
      await approve(plugin, { FileUploadHandler: bring, JWTToken: token, FileName: fetch });
      // What came back begins with what was shown, byte for byte: only a signature was added.
      const signed = fromBase64((await server.signed(paper)).pdf);
      const before = signed.subarray(0, paper.pdf.length);
      if (signed.length <= paper.pdf.length || !sameBytes(before, paper.pdf)) {
        throw new WillNotSign('other_pdf');
      }
      return sha256(signed);
    },
  };
}
