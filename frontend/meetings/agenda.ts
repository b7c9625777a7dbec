// The strip above, which says what goes on, and the agenda beside it.
import { word } from '../words';
import { h, paint, shape } from './paint';
import { button } from './pieces';
import { base, me, page, place, room } from './room';
import { isSettled, itemOf, itemsOf, meetingOf, nextItem, openVote } from './state';
import { itemShape, itemStateWords, itemWords, minutes, running, stateWords } from './words';

export function paintStrip(): void {
  const meeting = meetingOf(room.parts);
  const current = itemOf(room.parts, meeting.current);
  if (!current) {
    paint(
      place('strip'),
      h('span', { class: 'tag live__k' }, stateWords(meeting, page.starts_at)),
      h('span', { class: 'live__t' }, stripWords()),
    );
    return;
  }
  const isElsewhere = !me.conducts && room.shown !== current.id;
  const words = isElsewhere
    ? `${going()} ${itemWords(current)}`
    : `${meeting.state === 'adjourned' ? stateWords(meeting, '') : going()} · ${itemWords(current)}`;
  paint(
    place('strip'),
    h(
      'span',
      { class: 'tag live__k' },
      shape(meeting.state === 'adjourned' ? 'deferred' : 'now'),
      words,
    ),
    h('span', { class: 'live__t' }, current.title),
    current.called_at !== null &&
      h(
        'span',
        { class: 'live__clock not-phone', 'aria-live': 'off' },
        running(current.called_at, current.spent),
        ` / ${minutes(current.minutes)}`,
      ),
    isElsewhere && button(word({ vi: 'Tới đó', en: 'Go there' }), 'go-there', {}, 'arrow-right'),
    !me.conducts &&
      h(
        'button',
        {
          type: 'button',
          class: 'switch',
          role: 'switch',
          'aria-checked': String(room.follows),
          'data-do': 'follow',
        },
        h('i'),
        word({ vi: 'Theo dõi', en: 'Follow' }),
      ),
  );
}

const going = (): string =>
  openVote(room.parts)
    ? word({ vi: 'Đang biểu quyết', en: 'Voting' })
    : word({ vi: 'Đang bàn', en: 'Under discussion' });

function stripWords(): string {
  const meeting = meetingOf(room.parts);
  if (meeting.state !== 'open') return page.title;
  const next = nextItem(room.parts);
  if (!next) return word({ vi: 'Các nội dung đã xong', en: 'All items are done' });
  return word({ vi: `Tiếp theo: ${next.title}`, en: `Next: ${next.title}` });
}

export function paintAgenda(): void {
  const current = meetingOf(room.parts).current;
  paint(
    place('agenda'),
    ...itemsOf(room.parts).map((each) => {
      const isCurrent = each.id === current;
      return h(
        'li',
        {},
        h(
          'a',
          {
            class: `agenda__a${isSettled(each) ? ' agenda__a--past' : ''}`,
            href: `${base}?item=${each.id}`,
            'data-do': 'show-item',
            'data-item': each.id,
            'aria-current': each.id === room.shown ? 'true' : null,
          },
          h('b', {}, String(each.number)),
          h(
            'span',
            {},
            each.title,
            h('small', {}, `${itemStateWords(each, isCurrent)} · ${minutes(each.minutes)}`),
          ),
          shape(itemShape(each, isCurrent)),
        ),
      );
    }),
  );
}
