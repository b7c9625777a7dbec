// entry
import { once, untilNextPage } from '../busy';
import { show } from '../forms';
import { Refusal, send } from '../http';
import { deviceName } from './browser';
import { canUse, gaveUp, makeFor } from './passkey';

const form = document.querySelector<HTMLFormElement>('[data-passkey-accept]');
const token = document.querySelector<HTMLElement>('[data-token]')?.dataset.token ?? '';
const path = `/invitation/${token}/passkey`;

async function accept(form: HTMLFormElement): Promise<void> {
  try {
    const answer = await makeFor(`${path}/options`);
    const { to } = await send<{ to: string }>(path, { body: { answer, label: deviceName() } });
    location.assign(to);
    await untilNextPage;
  } catch (wrong) {
    if (wrong instanceof Refusal) show(form, wrong);
    else if (!gaveUp(wrong)) throw wrong;
  }
}

if (form && canUse()) {
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void once(event.submitter, () => accept(form));
  });
}
