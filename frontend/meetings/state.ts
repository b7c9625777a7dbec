import type { Place, Told } from '../sequence';

export interface MeetingPart {
  state: 'planned' | 'convened' | 'open' | 'adjourned' | 'closed' | 'concluded';
  current: number | null;
  opened_at: string | null;
  closed_at: string | null;
  spoken: number;
}

export interface QuorumPart {
  members: number;
  present: number;
  hall: number;
  online: number;
  needed: number;
  missing: number;
}

export interface ItemPart {
  id: number;
  number: number;
  /** Only few may know what it is about; a screen that may not has no words of it. */
  restricted: boolean;
  title: string;
  presenter: string;
  minutes: number;
  state: 'waiting' | 'discussed' | 'concluded' | 'deferred';
  called_at: string | null;
  spent: number;
  conclusion: string;
  reason: string;
  orders: { id: number; text: string }[];
  isUnknown?: boolean;
}

export interface SeatPart {
  person: number;
  /** Who sits there; empty where the login is named after the office. */
  name: string;
  office: string;
  role: 'chair' | 'member' | 'secretary' | 'invitee' | 'substitute';
  order: number;
  counts: boolean;
  conducts: boolean;
  attendance: 'hall' | 'online' | null;
  /** The member in whose place a substitute attends. */
  stands_for: number | null;
  left: boolean;
}

export interface SpeechPart {
  id: number;
  person: number;
  office: string;
  state: 'waiting' | 'speaking';
  asked_at: string;
  called_at: string | null;
}

export type Choice = 'agree' | 'disagree' | 'other_opinion';
export type Stand = 'agree' | 'disagree' | 'other' | 'silent';

/** Before its closing a vote tells how many have voted, and nothing of what. */
export interface VotePart {
  id: number;
  number: number;
  item: number;
  question: string;
  naming: 'open' | 'hidden';
  state: 'open' | 'closed' | 'stopped';
  opened_at: string;
  closing_at: string | null;
  closed_at: string | null;
  cast: number;
  members: number;
  suspended: boolean;
  outcome: string;
  sentence: string;
  counts: Record<Stand, number> | null;
  names: Record<Stand, string[]> | null;
}

/** The edition of a paper that is current, whichever one this screen has open. */
export interface PaperPart {
  edition: number;
  digest: string;
  url: string;
  /** Its file was removed as an emergency. */
  removed: boolean;
}

export type Parts = Record<string, unknown>;

export interface State extends Place {
  audience: string;
  parts: Parts;
}

/**
 * A fact is the parts that changed: each takes the place of the old one. What goes to all says
 * nothing of a restricted item; a screen that may know of it keeps the words that it has.
 */
export function applied(parts: Parts, told: Told): Parts {
  const changed = told.facts.parts as Parts;
  const kept = Object.entries(changed).flatMap(([name, part]) => {
    const before = parts[name] as ItemPart | undefined;
    if (!(part as ItemPart | null)?.restricted || !before?.title) return [];
    const { title, presenter, conclusion, reason, orders } = before;
    return [[name, { ...(part as ItemPart), title, presenter, conclusion, reason, orders }]];
  });
  return { ...parts, ...changed, ...Object.fromEntries(kept) };
}

/** Whether this screen is to ask for words that are not told to all. */
export const hasWordsForFew = (parts: Parts, told: Told): boolean =>
  told.kind === 'item_readers_changed' ||
  Object.keys(told.facts.parts as Parts).some((name) => {
    const item = parts[name] as ItemPart | null;
    return Boolean(item?.restricted && item.title);
  });

export const meetingOf = (parts: Parts): MeetingPart => parts.meeting as MeetingPart;
export const quorumOf = (parts: Parts): QuorumPart => parts.quorum as QuorumPart;
/** First and last page of each paper in the session's book. */
export const bookOf = (parts: Parts): Record<number, number[]> =>
  parts.book as Record<number, number[]>;
export const floorOf = (parts: Parts): SpeechPart[] => parts.floor as SpeechPart[];

const those = <Part>(parts: Parts, prefix: string): Part[] =>
  Object.entries(parts)
    .filter(([name]) => name.startsWith(prefix))
    .map(([, part]) => part as Part);

export const itemsOf = (parts: Parts): ItemPart[] =>
  those<ItemPart>(parts, 'item:')
    .map(named)
    .sort((one, other) => one.number - other.number);

export function itemOf(parts: Parts, id: number | null): ItemPart | undefined {
  const found = id === null ? undefined : (parts[`item:${id}`] as ItemPart | undefined);
  return found && named(found);
}

const named = (item: ItemPart): ItemPart =>
  item.title
    ? item
    : {
        ...item,
        isUnknown: true,
        title: document.documentElement.lang === 'en' ? 'Restricted item' : 'Nội dung hạn chế',
      };

/** Of how many items this screen knows what they are about. */
export const knownItems = (parts: Parts): number =>
  those<ItemPart>(parts, 'item:').filter((each) => each.title).length;

/** Who has a place now; a substitute's ends with the mandate. */
export const seatsOf = (parts: Parts): SeatPart[] =>
  those<SeatPart>(parts, 'seat:')
    .filter((each) => !each.left)
    .sort(
      (one, other) =>
        one.order - other.order || Number(!!one.stands_for) - Number(!!other.stands_for),
    );

export const seatOf = (parts: Parts, person: number): SeatPart | undefined =>
  parts[`seat:${person}`] as SeatPart | undefined;

export const votesOf = (parts: Parts): VotePart[] =>
  those<VotePart>(parts, 'vote:').sort((one, other) => one.number - other.number);

/** The edition that has replaced the one that this screen knows of, if any. */
export function newerOf(
  parts: Parts,
  paper: { id: number; edition: number },
): PaperPart | undefined {
  const current = parts[`paper:${paper.id}`] as PaperPart | undefined;
  return current && current.edition > paper.edition ? current : undefined;
}

/** Whether the file that this screen knows of was removed: then nothing of it is shown. */
export function isRemoved(parts: Parts, paper: { id: number; edition: number }): boolean {
  const current = parts[`paper:${paper.id}`] as PaperPart | undefined;
  return Boolean(current?.removed && current.edition === paper.edition);
}

/** The digests of papers that a vote may still name though no screen shows them. */
export const removedDigests = (parts: Parts): Set<string> =>
  new Set(
    those<PaperPart>(parts, 'paper:')
      .filter((each) => each.removed)
      .map((each) => each.digest),
  );

export const openVote = (parts: Parts): VotePart | undefined =>
  votesOf(parts).find((each) => each.state === 'open');

/** The last vote on an item: the one that is open, or the one whose result stands. */
export const lastVoteOn = (parts: Parts, item: number | null): VotePart | undefined =>
  votesOf(parts).findLast((each) => each.item === item);

export const isSettled = (item: ItemPart): boolean =>
  item.state === 'concluded' || item.state === 'deferred';

/** The item that comes next: the first waiting one after the current, or else the first. */
export function nextItem(parts: Parts): ItemPart | undefined {
  const waiting = itemsOf(parts).filter((each) => each.state === 'waiting');
  const current = itemOf(parts, meetingOf(parts).current)?.number ?? 0;
  return waiting.find((each) => each.number > current) ?? waiting[0];
}

/**
 * What lies open before anybody chose: the item under discussion; before one is called, whoever
 * conducts looks at the item that their next act is about, and whoever reads at the first papers.
 */
export function firstShown(
  parts: Parts,
  conducts: boolean,
  hasPapers: (item: ItemPart) => boolean,
): number | null {
  const items = itemsOf(parts);
  const first = conducts ? nextItem(parts) : items.find(hasPapers);
  return meetingOf(parts).current ?? (first ?? items[0])?.id ?? null;
}
