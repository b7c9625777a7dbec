/** Sending a signed answer until its receipt verifies; again is always safe, and never makes two. */
import { Refusal, send } from '../http';
import { sha256, toHex, utf8 } from '../signing/base64';
import { done, type Envelope } from '../signing/envelopes';
import { verifyReceipt } from '../signing/receipt';
import { word } from '../words';

export interface Receipt {
  key: string;
  receipt: string;
  envelope: string;
  log_key: string;
}

// A line that is cut without a word would keep the answer waiting for many minutes.
const ANSWERED_WITHIN = 10_000;
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5_000;
const REFUSED = new Set([404, 409, 422]);
// The signature stands; only who gave it has to be shown in another way.
const UNCONFIRMED = new Set(['not_confirmed', 'went_back']);

/** A receipt that does not verify is no receipt: the envelope stays. */
export class NoProof extends Refusal {
  constructor() {
    super(
      0,
      'no_proof',
      word({
        vi: 'Biên nhận nhận được không hợp lệ. Phiếu vẫn được giữ trên máy này; hãy báo Văn phòng Chính phủ.',
        en: 'The receipt does not verify. The signed answer is kept on this device; tell the Government Office.',
      }),
    );
  }
}

/** Where an envelope is sent, of which type its leaf is, and where its receipt is shown. */
export function placeOf({ kind, consultation, key }: Envelope) {
  const question = `/consultations/${consultation}`;
  switch (kind) {
    case 'classification': {
      const own = `${question}/classification`;
      return { to: own, type: 'opinion_classified', receipt: own };
    }
    case 'reserved_opinion': {
      const receipt = `/reserved-opinions/${key}`;
      return { to: `${question}/reserved-opinion`, type: 'opinion_reserved', receipt };
    }
    default:
      return { to: `${question}/ballots`, type: 'ballot', receipt: `/ballots/by-key/${key}` };
  }
}

/** Send once; when the receipt verifies, or the answer is refused for good, forget the envelope. */
export async function sendOnce(envelope: Envelope, statement?: string): Promise<Receipt> {
  try {
    const { consultation, pending, key, signature, assertion } = envelope;
    const { to, type } = placeOf(envelope);
    const receipt = await send<Receipt>(to, {
      body: { pending, key, signature, ...(assertion ? { assertion } : {}) },
      signal: AbortSignal.timeout(ANSWERED_WITHIN),
    });
    const named = { type, consultation, ...(await namedIn(statement)) };
    if (!(await verifyReceipt(receipt.receipt, receipt.envelope, receipt.log_key, named))) {
      throw new NoProof();
    }
    await done(key);
    return receipt;
  } catch (wrong) {
    if (isFinal(wrong)) await done(envelope.key);
    throw wrong;
  }
}

async function namedIn(statement?: string): Promise<Record<string, string>> {
  return statement ? { statement_sha256: toHex(await sha256(utf8(statement))) } : {};
}

/** Whether the member has to show in another way who they are; the envelope stays good. */
export const isUnconfirmed = (wrong: unknown): boolean =>
  wrong instanceof Refusal && (wrong.code === 'step_up_needed' || UNCONFIRMED.has(wrong.reason));

/** Whether this envelope can never become a ballot. */
export const isFinal = (wrong: unknown): boolean =>
  wrong instanceof Refusal && REFUSED.has(wrong.status) && !isUnconfirmed(wrong);

/** Whether a failure may pass by itself: no line, or a server that is busy or down. */
export const passes = (wrong: unknown): boolean =>
  wrong instanceof Refusal &&
  (wrong.code === 'offline' || wrong.status >= 500 || wrong.status === 429);

/** Send until a receipt verifies or the answer is refused; `waits` is told of each failed try. */
export async function sendUntilKept(
  envelope: Envelope,
  statement: string | undefined,
  waits: (wrong: Refusal, again: Promise<void>) => void,
): Promise<Receipt> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await sendOnce(envelope, statement);
    } catch (wrong) {
      if (!passes(wrong)) throw wrong;
      const again = rest(pause * (0.5 + Math.random()));
      waits(wrong as Refusal, again);
      await again;
    }
  }
}

/** Wait, or until the line comes back. */
const rest = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const now = () => {
      clearTimeout(timer);
      resolve();
    };
    addEventListener('online', now, { once: true });
    addEventListener('ballot:again', now, { once: true });
  });
