/** Whether this device can still sign: a test signature by its key, which the server checks. */
import { Refusal, send } from '../http';
import { word } from '../words';
import { fromBase64, toBase64 } from './base64';
import { deviceKey, settleRenewal, signTrial } from './keys';

interface Mine {
  keys: { key_id: string; standing: string }[];
}

export interface Trial {
  canSign: boolean;
  said: string;
}

const SAID: Record<string, { vi: string; en: string }> = {
  active: {
    vi: 'Thiết bị này vẫn ký được; máy chủ vừa kiểm chứng một chữ ký thử.',
    en: 'This device can still sign; the server has just checked a test signature.',
  },
  waiting: {
    vi: 'Khóa của thiết bị này ký được nhưng chưa tới giờ dùng.',
    en: 'The key of this device signs, and may not be used yet.',
  },
  pending: {
    vi: 'Khóa của thiết bị này còn chờ thư ký xác nhận: hãy gặp thư ký.',
    en: 'The key of this device waits for the secretary: meet them.',
  },
  expired: {
    vi: 'Khóa của thiết bị này đã hết hạn. Hãy đăng ký khóa mới ở trang Khóa, mật khẩu và thiết bị và gặp thư ký, dùng thiết bị khác, hoặc trả lời bằng phiếu giấy.',
    en: 'The key of this device has run out. Enrol a new one on the page of keys and meet the secretary, use another device, or answer on paper.',
  },
  revoked: {
    vi: 'Khóa của thiết bị này đã bị thu hồi. Hãy đăng ký khóa mới ở trang Khóa, mật khẩu và thiết bị và gặp thư ký, dùng thiết bị khác, hoặc trả lời bằng phiếu giấy.',
    en: 'The key of this device was revoked. Enrol a new one on the page of keys and meet the secretary, use another device, or answer on paper.',
  },
  none: {
    vi: 'Thiết bị này chưa có khóa ký. Hãy đăng ký ở trang Khóa, mật khẩu và thiết bị và gặp thư ký, dùng thiết bị đã đăng ký, hoặc trả lời bằng phiếu giấy.',
    en: 'This device has no signing key. Enrol one on the page of keys and meet the secretary, use a device that has one, or answer on paper.',
  },
};

const said = (standing: string): Trial => ({
  canSign: standing === 'active',
  said: word(SAID[standing] ?? (SAID.none as { vi: string; en: string })),
});

/** Try this account's key here; a Refusal where the server could not be asked. */
export async function tryHere(person: number): Promise<Trial> {
  const mine = await send<Mine>('/devices/mine.json');
  await settleRenewal(
    person,
    mine.keys.filter((each) => each.standing === 'active').map((each) => each.key_id),
  );
  const key = await deviceKey(person);
  if (!key) return said('none');
  const { challenge } = await send<{ challenge: string }>('/devices/trial/options', {
    method: 'POST',
  });
  const signature = toBase64(await signTrial(key, fromBase64(challenge)));
  const body = new URLSearchParams({ key_id: key.keyId, challenge, signature });
  try {
    return said((await send<{ standing: string }>('/devices/trial', { body })).standing);
  } catch (wrong) {
    // A key that the server has never heard of is none.
    if (wrong instanceof Refusal && wrong.status === 404) return said('none');
    throw wrong;
  }
}
