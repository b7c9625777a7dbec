// entry
/** Before a form with `data-assertion` is sent, its sender's passkey signs exactly what it says. */
import { once } from '../busy';
import { show } from '../forms';
import { Refusal, send } from '../http';
import { word } from '../words';
import { deviceName } from './browser';
import { canUse, gaveUp, make, stepUp } from './passkey';

type Options = { options: PublicKeyCredentialRequestOptionsJSON | null };

const dialog = document.querySelector<HTMLDialogElement>('#confirm-act');
const dialogForm = dialog?.querySelector('form');
const going = new WeakSet<HTMLFormElement>();
/** What to do once a code was given in the dialog. */
let afterCode = (): Promise<void> => Promise.resolve();

const reveal = (selector: string, shown: boolean): void => {
  for (const each of dialog?.querySelectorAll<HTMLElement>(selector) ?? []) each.hidden = !shown;
};

const assertionOf = (form: HTMLFormElement): HTMLInputElement | null =>
  form.querySelector<HTMLInputElement>('[data-assertion]');

function fieldsOf(form: HTMLFormElement): Record<string, string> {
  const all = [...new FormData(form)].filter((pair): pair is [string, string] => {
    return pair[0] !== 'csrf_token' && pair[0] !== 'assertion' && typeof pair[1] === 'string';
  });
  return Object.fromEntries(all);
}

/** Send the form with what confirms it; it is good for one sending. */
function sendOn(form: HTMLFormElement, button: HTMLElement | null, assertion: unknown): void {
  const field = assertionOf(form);
  if (field) field.value = assertion ? JSON.stringify(assertion) : '';
  going.add(form);
  form.requestSubmit(button);
  going.delete(form);
  if (field) field.value = '';
}

async function confirm(form: HTMLFormElement, button: HTMLElement | null): Promise<void> {
  try {
    const path = form.getAttribute('action');
    const { options } = await send<Options>('/step-up/options', {
      body: { path, fields: fieldsOf(form) },
    });
    sendOn(form, button, options && (await stepUp(options)));
  } catch (wrong) {
    if (gaveUp(wrong)) show(form, new Refusal(0, 'passkey', NOT_USED));
    else if (!(wrong instanceof Refusal)) throw wrong;
    else if (wrong.code === 'step_up_needed' && dialog) ask(dialog, form, button);
    else show(form, wrong);
  }
}

const NOT_USED = word({
  vi: 'Chưa dùng được khóa đăng nhập; chưa có gì thay đổi. Hãy thử lại. Nếu thiết bị này chưa có khóa, hãy thêm ở trang Khóa ký và thiết bị.',
  en: 'The passkey was not used; nothing has changed. Try again. If this device holds none, add one on the page of keys and devices.',
});

/** One tap makes a passkey of this device; a code is asked for only where it is needed. */
function ask(dialog: HTMLDialogElement, form: HTMLFormElement, button: HTMLElement | null): void {
  const again = async (): Promise<void> => {
    dialog.close();
    await confirm(form, button);
  };
  const add = async (): Promise<void> => {
    try {
      await make(deviceName());
      await again();
    } catch (wrong) {
      if (wrong instanceof Refusal && wrong.code === 'step_up_needed') {
        afterCode = add;
        reveal('[data-by-code]', true);
        dialog.querySelector<HTMLElement>('#confirm-code')?.focus();
      } else if (wrong instanceof Refusal && dialogForm) show(dialogForm, wrong);
      else if (!gaveUp(wrong)) throw wrong;
    }
  };
  afterCode = again;
  reveal('[data-add]', canUse());
  reveal('[data-no-passkey]', !canUse());
  const adding = dialog.querySelector<HTMLElement>('[data-add-passkey]');
  if (adding) adding.onclick = () => void once(adding, add);
  dialog.showModal();
}

document.addEventListener(
  'submit',
  (event) => {
    const form = event.target as HTMLFormElement;
    if (!assertionOf(form) || going.has(form)) return;
    event.preventDefault();
    event.stopPropagation();
    if (form.dataset.sending) return;
    void once(event.submitter, () => confirm(form, event.submitter));
  },
  true,
);
dialogForm?.addEventListener('form:done', () => {
  dialogForm.reset();
  void afterCode();
});
