/** What this device keeps of papers: one person's, and no other's. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

export interface VaultRow {
  person: number;
  /** By this the server knows this browser. */
  secret: string;
  salt: Uint8Array<ArrayBuffer>;
  /** The key of the papers, wrapped by the key below. */
  wrapped: Sealed;
  /** Made with the server's half; goes with the last lease, and comes back with a login. */
  wrapper?: CryptoKey;
  /** The latest moment that this device has seen: its clock set back opens nothing again. */
  seen: number;
  /** When the server was last asked, by this device's clock. */
  heard: number;
}

export interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  bytes: ArrayBuffer;
}

export interface PaperRow {
  person: number;
  edition: number;
  /** The end of its lease, by this device's clock. */
  ends: number;
  /** What the lists say of it. */
  about: Sealed;
}

export interface FileRow {
  person: number;
  edition: number;
  file: Sealed;
}

/** What the server has not been told yet: that a paper was opened, or given up. */
export interface NewsRow {
  person: number;
  edition: number;
  what: 'opened' | 'dropped';
  at: number;
}

/** A person's notes on an edition: those that are not sent yet, or as the server had them last. */
export interface NotesRow {
  person: number;
  edition: number;
  part: NotesPart;
  notes: Sealed;
}

export type NotesPart = 'waiting' | 'known';
type Key = [person: number, edition: number];

interface Kept extends DBSchema {
  vault: { key: number; value: VaultRow };
  papers: { key: Key; value: PaperRow };
  files: { key: Key; value: FileRow };
  news: { key: number; value: NewsRow };
  notes: { key: [...Key, NotesPart]; value: NotesRow };
}

let opened: Promise<IDBPDatabase<Kept>> | undefined;

export function store(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>('ecabinet-vault', 2, {
    upgrade(db, version) {
      if (version < 1) {
        db.createObjectStore('vault', { keyPath: 'person' });
        db.createObjectStore('papers', { keyPath: ['person', 'edition'] });
        db.createObjectStore('files', { keyPath: ['person', 'edition'] });
        db.createObjectStore('news', { autoIncrement: true });
      }
      db.createObjectStore('notes', { keyPath: ['person', 'edition', 'part'] });
    },
    // A page that was opened before makes way for the one that brings a newer form.
    blocking(_now, _next, event) {
      (event.target as IDBDatabase).close();
      opened = undefined;
    },
    terminated() {
      opened = undefined;
    },
  });
  return opened;
}
