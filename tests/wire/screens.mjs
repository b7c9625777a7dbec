// 1,000 screens of a session whose line shuffles, doubles and drops a fifth of its messages.
// Each must end in the server's state. Prints one JSON line.
import { pathToFileURL } from 'node:url';

const { Sequence, applied } = await import(pathToFileURL(process.argv[2]));
const RUNS = 1000;
const ACTS = 30;
const PARTS = ['meeting', 'quorum', 'item:1', 'item:2', 'seat:1', 'seat:2'];

let seed = 1;
const chance = () => {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed / 2147483648;
};

function run() {
  const server = { epoch: 'a', parts: { meeting: 0 }, told: [] };
  let parts = { ...server.parts };
  const counts = { reloads: 0, asked: 0 };
  const screen = new Sequence(
    { epoch: 'a', seq: 0 },
    {
      apply: (told) => {
        parts = applied(parts, told);
      },
      ask: () => {
        counts.asked += 1;
        const { epoch, seq } = screen.place;
        const messages = server.told.filter((each) => each.seq > seq);
        screen.catchUp({ epoch, head: server.told.length, messages, reload: epoch !== server.epoch });
      },
      reload: () => {
        counts.reloads += 1;
        parts = { ...server.parts };
        screen.place = { epoch: server.epoch, seq: server.told.length };
      },
    },
  );
  const line = [];
  for (let number = 1; number <= ACTS; number += 1) {
    const changed = { [PARTS[Math.floor(chance() * PARTS.length)]]: number };
    if (number === 20 && chance() < 0.1) {
      server.epoch = 'b';
      server.told = [];
    }
    server.parts = { ...server.parts, ...changed };
    const seq = server.told.length + 1;
    const told = { audience: 'x', epoch: server.epoch, seq, kind: 'k', at: '', facts: { parts: changed } };
    server.told.push(told);
    const luck = chance();
    if (luck < 0.07) continue;
    if (luck < 0.14) line.push(told, told);
    else if (luck < 0.2) line.splice(Math.floor(chance() * (line.length + 1)), 0, told);
    else line.push(told);
    while (line.length > 3) screen.take(line.shift());
  }
  for (const told of line) screen.take(told);
  screen.head({ epoch: server.epoch, seq: server.told.length });
  const level = screen.head({ epoch: server.epoch, seq: server.told.length });
  return { same: level && JSON.stringify(sorted(parts)) === JSON.stringify(sorted(server.parts)), ...counts };
}

const sorted = (parts) => Object.entries(parts).sort();
const results = Array.from({ length: RUNS }, run);
console.log(
  JSON.stringify({
    runs: results.length,
    same: results.filter((each) => each.same).length,
    asked: results.reduce((sum, each) => sum + each.asked, 0),
    reloads: results.reduce((sum, each) => sum + each.reloads, 0),
  }),
);
