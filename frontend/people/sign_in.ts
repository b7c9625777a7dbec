// entry
import { once, untilNextPage } from '../busy';
import { show } from '../forms';
import { Refusal } from '../http';
import { word } from '../words';
import { canUse, gaveUp, signIn } from './passkey';

// Pages that stand open here look whether their reader is still signed in.
new BroadcastChannel('login').postMessage('nobody');

const button = document.querySelector<HTMLButtonElement>('[data-passkey-sign-in]');

async function go(form: HTMLFormElement, next: string): Promise<void> {
  try {
    location.assign(await signIn(next));
    await untilNextPage;
  } catch (wrong) {
    const sentence = word({
      vi: 'Chưa dùng được khóa của thiết bị này. Hãy thử lại, hoặc nhập tài khoản và mật khẩu.',
      en: "This device's passkey was not used. Try again, or enter your account and password.",
    });
    if (wrong instanceof Refusal) show(form, wrong);
    else if (gaveUp(wrong)) show(form, new Refusal(0, 'passkey', sentence));
    else throw wrong;
  }
}

if (button?.form && canUse()) {
  const form = button.form;
  const place = button.closest<HTMLElement>('[data-passkey]');
  if (place) place.hidden = false;
  button.addEventListener('click', () => {
    void once(button, () => go(form, button.dataset.next ?? '/'));
  });
}
