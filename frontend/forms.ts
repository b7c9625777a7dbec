import { Refusal, sendForm } from './http';
import { word } from './words';

const title = document.title;

/** Take away what the last refusal left on a form. */
function clear(form: HTMLFormElement): void {
  document.title = title;
  form.querySelector('.errs')?.remove();
  for (const each of form.querySelectorAll('.field__e[data-said]')) each.remove();
  for (const each of form.querySelectorAll('[aria-invalid]')) each.removeAttribute('aria-invalid');
}

/** Say on the form itself what was wrong; nothing that was typed is lost. */
export function show(form: HTMLFormElement, refusal: Refusal): void {
  clear(form);
  const heading = word({ vi: 'Có lỗi', en: 'There is a problem' });
  const box = document.createElement('section');
  box.className = 'errs';
  box.setAttribute('role', 'alert');
  box.tabIndex = -1;
  const head = document.createElement('h2');
  head.className = 'h3';
  head.textContent = heading;
  const text = document.createElement('p');
  text.textContent = refusal.message;
  box.append(head, text);
  const field = refusal.field && form.elements.namedItem(refusal.field);
  if (field instanceof HTMLElement && field.id) {
    field.setAttribute('aria-invalid', 'true');
    const label = form.querySelector(`label[for="${CSS.escape(field.id)}"]`)?.textContent ?? '';
    const link = document.createElement('a');
    link.href = `#${field.id}`;
    link.textContent = label.trim() || refusal.message;
    box.append(link);
  }
  const body = form.querySelector('.region__body') ?? form;
  body.prepend(box);
  document.title = `${word({ vi: 'Lỗi', en: 'Error' })}: ${title}`;
  box.focus();
}

async function submit(form: HTMLFormElement, button: HTMLElement | null): Promise<void> {
  if (form.dataset.sending) return;
  form.dataset.sending = 'yes';
  button?.setAttribute('aria-busy', 'true');
  try {
    const to = await sendForm(form, button);
    form.dispatchEvent(new CustomEvent('form:done', { bubbles: true, detail: { to } }));
    if (form.dataset.form === 'stay') return;
    if (to) location.assign(to);
    else location.reload();
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    show(form, wrong);
  } finally {
    delete form.dataset.sending;
    button?.removeAttribute('aria-busy');
  }
}

/** `data-confirm="dialog id"` on a button asks before its form is sent. */
function confirmed(button: HTMLElement | null): boolean {
  const id = button?.dataset.confirm;
  if (!id) return true;
  const dialog = document.getElementById(id) as HTMLDialogElement | null;
  dialog?.showModal();
  return !dialog;
}

export function enhanceForms(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    const button = event.submitter;
    if (!confirmed(button)) {
      event.preventDefault();
      return;
    }
    if (form.dataset.form === undefined || form.method !== 'post') return;
    event.preventDefault();
    void submit(form, button);
  });
  document.addEventListener('click', (event) => {
    const target = event.target as HTMLElement;
    target.closest('[data-close]')?.closest('dialog')?.close();
    const opener = target.closest<HTMLElement>('[data-open]');
    const dialog = opener && document.getElementById(opener.dataset.open ?? '');
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  });
}
