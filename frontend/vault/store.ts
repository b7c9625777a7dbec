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

type Key = [person: number, edition: number];

interface Kept extends DBSchema {
  vault: { key: number; value: VaultRow };
  papers: { key: Key; value: PaperRow };
  files: { key: Key; value: FileRow };
  news: { key: number; value: NewsRow };
}

let opened: Promise<IDBPDatabase<Kept>> | undefined;

export function store(): Promise<IDBPDatabase<Kept>> {
  opened ??= openDB<Kept>('ecabinet-vault', 1, {
    upgrade(db) {
      db.createObjectStore('vault', { keyPath: 'person' });
      db.createObjectStore('papers', { keyPath: ['person', 'edition'] });
      db.createObjectStore('files', { keyPath: ['person', 'edition'] });
      db.createObjectStore('news', { autoIncrement: true });
    },
    terminated() {
      opened = undefined;
    },
  });
  return opened;
}
