import { nextCode, secondsToNext } from './code';
import { isLine, Refusal, sendForm } from './http';
import { word } from './words';

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
type Fault = { field: Field; sentence: string };

const title = document.title;
const MARK =
  '<svg class="mark" viewBox="0 0 20 20" aria-hidden="true"><path stroke-linejoin="round" d="M10 2.5L18 17H2z"/><path d="M10 8v4M10 14v.6"/></svg>';

const isField = (node: unknown): node is Field =>
  node instanceof HTMLInputElement ||
  node instanceof HTMLSelectElement ||
  node instanceof HTMLTextAreaElement;

const isChoice = (field: Field): boolean => field.type === 'radio' || field.type === 'checkbox';

function element(tag: string, cls: string, text = ''): HTMLElement {
  const made = document.createElement(tag);
  made.className = cls;
  made.textContent = text;
  return made;
}

/** Take away what the last refusal left on a form. */
function clear(form: HTMLFormElement): void {
  document.title = title;
  form.querySelector('.errs')?.remove();
  for (const each of form.querySelectorAll('.field__e[data-said]')) {
    for (const field of form.querySelectorAll(`[aria-describedby~="${each.id}"]`)) {
      const rest = field.getAttribute('aria-describedby')?.split(' ') ?? [];
      const kept = rest.filter((id) => id !== each.id).join(' ');
      if (kept) field.setAttribute('aria-describedby', kept);
      else field.removeAttribute('aria-describedby');
    }
    each.remove();
  }
  for (const each of form.querySelectorAll('[aria-invalid]')) each.removeAttribute('aria-invalid');
}

/** What a field is called on the page: the legend of a group, the label of a field. */
function nameOf(field: Field): string {
  const group = isChoice(field) && field.closest('fieldset')?.querySelector('legend');
  const label = group || field.labels?.[0];
  const text = label?.firstChild?.textContent?.trim() || label?.textContent?.trim();
  return text || field.getAttribute('aria-label') || '';
}

/** Mark a field, say the sentence below it, and give back the link that leads to it. */
function mark({ field, sentence }: Fault, index: number): HTMLElement {
  field.id ||= `field-${field.name}`;
  field.setAttribute('aria-invalid', 'true');
  const said = element('span', 'field__e');
  said.dataset.said = '';
  said.id = `${field.id}-error-${index}`;
  said.innerHTML = MARK;
  said.append(element('span', '', sentence));
  const described = field.getAttribute('aria-describedby');
  field.setAttribute('aria-describedby', described ? `${described} ${said.id}` : said.id);
  const group = isChoice(field) ? field.closest('fieldset') : null;
  if (group) group.append(said);
  else if (isChoice(field)) (field.closest('label') ?? field).after(said);
  else field.after(said);
  for (let at = field.closest('details'); at; at = at.parentElement?.closest('details') ?? null) {
    at.open = true;
  }
  const link = document.createElement('a');
  link.href = `#${field.id}`;
  link.textContent = nameOf(field) || sentence;
  link.addEventListener('click', (event) => {
    event.preventDefault();
    field.focus();
  });
  return link;
}

/** The summary on top of a form takes the focus; nothing that was typed is lost. */
function summary(
  form: HTMLFormElement,
  message: string,
  faults: Fault[],
  code = '',
  request = '',
): void {
  clear(form);
  const box = element('section', 'errs');
  box.dataset.code = code;
  box.setAttribute('role', 'alert');
  box.tabIndex = -1;
  box.append(
    element('h2', 'h3', word({ vi: 'Có lỗi', en: 'There is a problem' })),
    element('p', '', message),
  );
  if (faults.length) {
    const list = element('ul', '');
    for (const [index, fault] of faults.entries()) {
      const item = element('li', '');
      item.append(mark(fault, index));
      list.append(item);
    }
    box.append(list);
  }
  if (request) {
    const line = element('p', 'faint', word({ vi: 'Số của yêu cầu: ', en: 'Request number: ' }));
    line.append(element('span', 'code', request));
    box.append(line);
  }
  (form.querySelector('.region__body') ?? form).prepend(box);
  document.title = `${word({ vi: 'Lỗi', en: 'Error' })}: ${title}`;
  box.focus();
}

/** Say on the form itself what the server refused. */
export function show(form: HTMLFormElement, refusal: Refusal): void {
  const named = refusal.field ? form.elements.namedItem(refusal.field) : null;
  const field = named instanceof RadioNodeList ? named[0] : named;
  const faults: Fault[] = [];
  if (isField(field) && field.type !== 'hidden') {
    const general = word({ vi: 'Chưa nhập, hoặc nhập chưa đúng.', en: 'Missing or not valid.' });
    const sentence = refusal.code === 'bad_input' ? general : refusal.message;
    faults.push({ field, sentence: field.dataset.error ?? sentence });
  }
  summary(
    form,
    refusal.message,
    faults,
    refusal.code,
    refusal.status >= 500 ? refusal.request : '',
  );
}

/** What the browser found missing, in the page's own words and language. */
function sentenceFor(field: Field): string {
  if (field.dataset.error) return field.dataset.error;
  if (!field.validity.valueMissing) {
    return word({ vi: 'Nhập chưa đúng.', en: 'This is not valid.' });
  }
  if (field.type === 'file') return word({ vi: 'Chưa chọn tệp.', en: 'Choose a file.' });
  if (field.type === 'checkbox') return word({ vi: 'Chưa đánh dấu ô này.', en: 'Tick this box.' });
  if (field.type === 'radio' || field instanceof HTMLSelectElement) {
    return word({ vi: 'Chưa chọn.', en: 'Choose one.' });
  }
  return word({ vi: 'Chưa nhập.', en: 'Enter this.' });
}

const found = new Map<HTMLFormElement, Field[]>();

function collect(event: Event): void {
  const field = event.target;
  if (!isField(field) || field.form?.dataset.form === undefined) return;
  event.preventDefault();
  const form = field.form;
  const fields = found.get(form) ?? [];
  const again = field.type === 'radio' && fields.some((each) => each.name === field.name);
  if (!again) fields.push(field);
  if (found.has(form)) return;
  found.set(form, fields);
  // One event comes for each field, all before the next task.
  setTimeout(() => {
    found.delete(form);
    const faults = fields.map((each) => ({ field: each, sentence: sentenceFor(each) }));
    summary(form, word({ vi: 'Chưa gửi. Hãy sửa:', en: 'Not sent. Correct this:' }), faults);
  });
}

function release(form: HTMLFormElement): void {
  delete form.dataset.sending;
  for (const each of form.querySelectorAll('button[aria-busy]')) each.removeAttribute('aria-busy');
}

/** Sends a form and goes where its answer leads; `lost` is said where the line broke on the way. */
export async function submit(
  form: HTMLFormElement,
  button: HTMLElement | null,
  lost = '',
): Promise<void> {
  if (form.dataset.sending) return;
  form.dataset.sending = 'yes';
  button?.setAttribute('aria-busy', 'true');
  clear(form);
  try {
    const to = await sendForm(form, button);
    form.dispatchEvent(new CustomEvent('form:done', { bubbles: true, detail: { to } }));
    if (form.dataset.form === 'stay') {
      release(form);
      return;
    }
    // Stays busy until the next page is here, so that a second press sends nothing.
    if (to) location.assign(to);
    else location.reload();
  } catch (wrong) {
    release(form);
    if (!(wrong instanceof Refusal)) throw wrong;
    const to = wrong.code === 'step_up_needed' && wrong.body.location;
    if (typeof to === 'string' && to.startsWith('/') && !to.startsWith('//')) location.assign(to);
    else if (secondsToNext(wrong)) await again(form, button, secondsToNext(wrong));
    else if (lost && isLine(wrong)) show(form, new Refusal(wrong.status, wrong.code, lost));
    else show(form, wrong);
  }
}

/** The same once more, with the next code. */
async function again(
  form: HTMLFormElement,
  button: HTMLElement | null,
  seconds: number,
): Promise<void> {
  const field = form.elements.namedItem('code') as HTMLInputElement;
  await nextCode(field, seconds);
  if (field.isConnected) await submit(form, button);
}

/** `data-confirm="dialog id"` on a button asks before its form is sent: the dialog's own form acts,
 *  or its `[data-confirmed]` button sends the form that asked. */
function confirmed(form: HTMLFormElement, button: HTMLElement | null): boolean {
  const dialog = document.getElementById(button?.dataset.confirm ?? '');
  if (!(dialog instanceof HTMLDialogElement)) return true;
  const yes = dialog.querySelector<HTMLElement>('[data-confirmed]');
  if (yes) {
    yes.onclick = () => {
      dialog.close();
      void submit(form, button);
    };
  }
  dialog.showModal();
  return false;
}

export function enhanceForms(): void {
  document.addEventListener('invalid', collect, true);
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.dataset.form === undefined) return;
    if (form.getAttribute('method')?.toLowerCase() !== 'post') return;
    event.preventDefault();
    if (confirmed(form, event.submitter)) void submit(form, event.submitter);
  });
  document.addEventListener('click', (event) => {
    const target = event.target as HTMLElement;
    target.closest('[data-close]')?.closest('dialog')?.close();
    const opener = target.closest<HTMLElement>('[data-open]');
    const dialog = opener && document.getElementById(opener.dataset.open ?? '');
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
  });
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll<HTMLFormElement>('form[data-sending]')) {
      release(form);
    }
  });
}
