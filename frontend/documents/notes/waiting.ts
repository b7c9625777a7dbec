// What was written on this device and is not on the server yet: kept here until it is there.
import type { Content } from './note';

/** `base` is the revision that was known when it was written. */
export type Waiting = { base: number; content: Content | null };

export class WaitingRoom {
  constructor(private readonly name: string) {}

  all(): Map<string, Waiting> {
    try {
      return new Map(JSON.parse(localStorage.getItem(this.name) ?? '[]'));
    } catch {
      return new Map();
    }
  }

  /** Whether it could be kept: a full device cannot. */
  keep(waiting: Map<string, Waiting>): boolean {
    try {
      if (waiting.size) localStorage.setItem(this.name, JSON.stringify([...waiting]));
      else localStorage.removeItem(this.name);
      return true;
    } catch {
      return false;
    }
  }
}
