// What each button and form of the live page does.
import { once } from '../busy';
import { Refusal } from '../http';
import { act, addOrder, ask, askVote, dialogOf } from './acts';
import { h } from './paint';
import { showItem, showNewer, showPaper } from './papers';
import { FOLLOW, room } from './room';
import { paintAll } from './screen';
import { meetingOf, openVote } from './state';
import { tell } from './telling';
import { noVoteWords } from './votes';
import { choose, chooseAgain, startVoting } from './voting';

const CLICKS: Record<string, (target: HTMLElement) => Promise<void> | void> = {
  'show-item': (target) => {
    const id = Number(target.dataset.item);
    room.follows = room.follows && id === meetingOf(room.parts).current;
    showItem(id);
    closeAgenda();
  },
  'show-paper': (target) => {
    if (room.shown !== null) showPaper(room.shown, Number(target.dataset.paper));
    room.view = 'doc';
  },
  'show-newer': (target) => {
    if (room.shown !== null) showNewer(room.shown, Number(target.dataset.paper));
    room.view = 'doc';
  },
  'go-there': () => {
    const current = meetingOf(room.parts).current;
    if (current !== null) showItem(current);
    room.follows = localStorage.getItem(FOLLOW) !== 'no';
  },
  follow: () => {
    room.follows = !room.follows;
    localStorage.setItem(FOLLOW, room.follows ? 'yes' : 'no');
    const current = meetingOf(room.parts).current;
    if (room.follows && current !== null) showItem(current);
  },
  'open-agenda': () => document.querySelector('[data-panes]')?.classList.add('panes--agenda'),
  'close-agenda': () => closeAgenda(),
  'to-rail': () => document.getElementById('rail')?.scrollIntoView(),
  'switch-view': () => {
    room.view = room.view === 'console' ? 'doc' : 'console';
  },
  attendance: () => dialogOf('attendance')?.showModal(),
  'add-order': () => addOrder(),
  'ask-open': () => ask('open'),
  'ask-close': () => ask('close'),
  'ask-conclude': (target) => ask('conclude', target.dataset.item),
  'ask-defer': (target) => ask('defer', target.dataset.item),
  'ask-vote': (target) => {
    const reason = noVoteWords();
    if (reason) tell(reason);
    else askVote(target.dataset.item);
  },
  'ask-close-vote': () => ask('close-vote'),
  'ask-stop-vote': () => ask('stop-vote'),
  vote: () => startVoting(),
  choose: (target) => choose(target.dataset.choice ?? ''),
  'choose-again': () => chooseAgain(),
  adjourn: () => act('/adjourn'),
  resume: () => act('/resume'),
  call: (target) => act(`/items/${target.dataset.item}/call`),
  attend: (target) => act('/attendance', { how: target.dataset.how ?? '' }),
  'confirm-for': (target) =>
    act(`/attendance/${target.dataset.person}`, { how: target.dataset.how ?? '' }),
  speak: () => act('/floor'),
  withdraw: () => act('/floor/withdraw'),
  'give-floor': (target) => act(`/floor/${target.dataset.speech}/give`),
  'end-speech': (target) => act(`/floor/${target.dataset.speech}/end`),
};

const COMMANDS: Record<string, (form: HTMLFormElement) => Promise<void>> = {
  open: () => act('/open'),
  close: () => act('/close'),
  conclude: (form) => {
    const data = new FormData(form);
    return act(`/items/${form.dataset.item}/conclude`, {
      text: String(data.get('text')),
      order: data.getAll('order').map(String),
    });
  },
  defer: (form) => {
    const reason = String(new FormData(form).get('reason'));
    return act(`/items/${form.dataset.item}/defer`, { reason });
  },
  'open-vote': (form) => {
    const data = new FormData(form);
    return act('/votes', {
      item: String(form.dataset.item),
      question: String(data.get('question')),
      hidden: data.has('hidden') ? 'yes' : '',
    });
  },
  'close-vote': () => act(`/votes/${openVote(room.parts)?.id}/closing`),
  'stop-vote': () => act(`/votes/${openVote(room.parts)?.id}/stop`),
};

function closeAgenda(): void {
  document.querySelector('[data-panes]')?.classList.remove('panes--agenda');
}

async function click(target: HTMLElement): Promise<void> {
  try {
    await CLICKS[target.dataset.do ?? '']?.(target);
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    tell(wrong.message);
  }
}

async function submit(form: HTMLFormElement): Promise<void> {
  form.querySelector('.errs')?.remove();
  try {
    await COMMANDS[form.dataset.command ?? '']?.(form);
    form.closest('dialog')?.close();
    form.reset();
    delete form.dataset.item;
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    const box = h(
      'section',
      { class: 'errs', role: 'alert', tabindex: -1 },
      h('p', {}, wrong.message),
    );
    form.prepend(box);
    box.focus();
  }
}

document.addEventListener('click', (event) => {
  const target = (event.target as HTMLElement).closest<HTMLElement>('[data-do]');
  if (!target || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  void once(target, () => click(target)).finally(paintAll);
});
document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  if (form.dataset.command === undefined) return;
  event.preventDefault();
  void once(form.querySelector('[type="submit"]'), () => submit(form));
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') closeAgenda();
});
