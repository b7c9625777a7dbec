// entry
// A table is looked through without leaving the page: what the server found is set below the form.
import { once } from '../busy';
import { show } from '../forms';
import { Refusal, send } from '../http';

async function look(form: HTMLFormElement, place: HTMLElement): Promise<void> {
  form.querySelector('.errs')?.remove();
  try {
    const url = form.getAttribute('action') ?? '';
    const found = await send<{ html: string }>(url, { method: 'POST', body: new FormData(form) });
    place.innerHTML = found.html;
    place.querySelector<HTMLElement>('h2')?.focus();
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    place.replaceChildren();
    show(form, wrong);
  }
}

const form = document.querySelector<HTMLFormElement>('form[data-look]');
const place = document.querySelector<HTMLElement>('#looked');
form?.addEventListener('submit', (event) => {
  event.preventDefault();
  if (place) void once(event.submitter, () => look(form, place));
});
