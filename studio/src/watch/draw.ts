/** Draws a moment of a day: queues on the left with a dot for each who waits, groups on the right with a square an agent. */

import type { Palette } from "../theme";
import type { Day, Now } from "./day";

export const ROW = 26; // pixels of a queue
const SIDE = 11; // of an agent
const GAP = 3;
const TILE = 190; // width of a group
const HEAD = 18;
export const WRAP = "#d08a00";

export interface Layout {
  width: number;
  height: number;
  queues: number; // width of their part
  tiles: { x: number; y: number; width: number; height: number; members: number[] }[];
}

export interface Hit {
  x: number;
  y: number;
  contact: number;
}

export function layout(day: Day, width: number): Layout {
  const queues = Math.max(320, Math.round(width * 0.38));
  const columns = Math.max(1, Math.floor((width - queues - 12) / TILE));
  const each = (width - queues - 12) / columns;
  const inRow = Math.max(1, Math.floor((each - 14) / (SIDE + GAP)));
  const bottoms = new Array<number>(columns).fill(0);
  const tiles = day.members.map((members) => {
    const column = bottoms.indexOf(Math.min(...bottoms));
    const height = HEAD + Math.max(1, Math.ceil(members.length / inRow)) * (SIDE + GAP) + 8;
    const tile = { x: queues + 12 + column * each, y: bottoms[column], width: each - 8, height, members };
    bottoms[column] += height + 4;
    return tile;
  });
  return { width, height: Math.max(day.told.queues.length * ROW + 8, ...bottoms), queues, tiles };
}

const cut = (context: CanvasRenderingContext2D, text: string, room: number) => {
  if (context.measureText(text).width <= room) return text;
  let short = text;
  while (short && context.measureText(`${short}…`).width > room) short = short.slice(0, -1);
  return `${short}…`;
};

interface Moment {
  day: Day;
  now: Now;
  t: number;
  within: number[]; // seconds by queue after which a wait is too long
  palette: Palette;
  flight: number; // simulated seconds in which an answered contact is shown on its way
}

/** Draw what is visible of a moment; where contacts are drawn, to be clicked. */
export function draw(context: CanvasRenderingContext2D, place: Layout, moment: Moment, top: number, tall: number): Hit[] {
  const { day, now, t, within, palette, flight } = moment;
  const hits: Hit[] = [];
  context.clearRect(0, 0, place.width, tall);
  context.save();
  context.translate(0, -top);
  context.textBaseline = "middle";
  const names = 130;
  const room = place.queues - names - 64;
  const most = Math.max(1, Math.floor(room / 9));
  const seen = (y: number, height: number) => y + height >= top && y <= top + tall;
  context.lineWidth = 1;
  now.waiting.forEach((waiting, q) => {
    const y = q * ROW + ROW / 2 + 4;
    if (!seen(y - ROW, 2 * ROW)) return;
    context.fillStyle = palette.ink;
    context.font = "12px system-ui, sans-serif";
    context.fillText(cut(context, day.told.queues[q], names - 12), 4, y);
    context.strokeStyle = palette.line;
    context.beginPath();
    context.moveTo(0, y + ROW / 2);
    context.lineTo(place.queues, y + ROW / 2);
    context.stroke();
    waiting.slice(0, most).forEach((contact, n) => {
      const x = names + n * 9 + 5;
      const late = t - day.queued[contact] > within[q];
      context.fillStyle = late ? palette.miss : palette.value;
      context.beginPath();
      if (late) {
        context.moveTo(x, y - 5);
        context.lineTo(x + 5, y);
        context.lineTo(x, y + 5);
        context.lineTo(x - 5, y);
      } else context.arc(x, y, 3.6, 0, 7);
      context.fill();
      hits.push({ x, y: y - top, contact });
    });
    context.fillStyle = waiting.length ? palette.ink : palette.faint;
    context.textAlign = "right";
    context.font = waiting.length ? "600 12px system-ui, sans-serif" : "12px system-ui, sans-serif";
    context.fillText(String(waiting.length), place.queues - 10, y);
    context.textAlign = "left";
  });
  place.tiles.forEach((tile, g) => {
    if (!seen(tile.y, tile.height)) return;
    context.strokeStyle = palette.line;
    context.strokeRect(tile.x + 0.5, tile.y + 4.5, tile.width, tile.height - 2);
    context.fillStyle = palette.ink;
    context.font = "11.5px system-ui, sans-serif";
    context.fillText(cut(context, day.told.groups[g], tile.width - 12), tile.x + 6, tile.y + 14);
    agents(context, tile, moment, hits, top);
  });
  if (flight > 0) flights(context, place, moment, names, top, tall);
  context.restore();
  return hits;
}

const spot = (tile: Layout["tiles"][number], n: number): [number, number] => {
  const inRow = Math.max(1, Math.floor((tile.width - 6) / (SIDE + GAP)));
  return [tile.x + 6 + (n % inRow) * (SIDE + GAP), tile.y + HEAD + 5 + Math.floor(n / inRow) * (SIDE + GAP)];
};

function agents(context: CanvasRenderingContext2D, tile: Layout["tiles"][number], { day, now, t, palette }: Moment, hits: Hit[], top: number) {
  const states = day.told.states;
  tile.members.forEach((agent, n) => {
    const [x, y] = spot(tile, n);
    const contact = now.busy.get(agent);
    const state = now.doing.get(agent);
    if (contact !== undefined) {
      const wrap = t >= day.talked[contact];
      context.fillStyle = wrap ? WRAP : palette.value;
      if (wrap) {
        context.beginPath();
        context.moveTo(x, y + SIDE);
        context.lineTo(x + SIDE, y);
        context.lineTo(x + SIDE, y + SIDE);
        context.fill();
        context.strokeStyle = WRAP;
        context.strokeRect(x + 0.5, y + 0.5, SIDE - 1, SIDE - 1);
      } else context.fillRect(x, y, SIDE, SIDE);
      hits.push({ x: x + SIDE / 2, y: y + SIDE / 2 - top, contact });
    } else if (state === undefined) {
      context.fillStyle = palette.line;
      context.fillRect(x + SIDE / 2 - 1, y + SIDE / 2 - 1, 2, 2);
    } else {
      context.strokeStyle = palette.faint;
      context.strokeRect(x + 0.5, y + 0.5, SIDE - 1, SIDE - 1);
      if (states[state] === "break" || states[state] === "away") {
        context.beginPath();
        context.moveTo(x + 1, y + 1);
        context.lineTo(x + SIDE - 1, y + SIDE - 1);
        context.stroke();
      }
    }
  });
}

/** Contacts that have just been answered, on their way from the queue to the agent. */
function flights(context: CanvasRenderingContext2D, place: Layout, { day, now, t, palette, flight }: Moment, names: number, top: number, tall: number) {
  const { queue, agent } = day.told.contacts;
  context.fillStyle = palette.ink;
  for (const k of now.serving) {
    const share = (t - day.answered[k]) / flight;
    if (!(share >= 0 && share < 1)) continue;
    const tile = place.tiles[day.told.group_of[agent[k]]];
    const n = tile?.members.indexOf(agent[k]) ?? -1;
    if (n < 0) continue;
    const [tx, ty] = spot(tile, n);
    const from = [names + 5, queue[k] * ROW + ROW / 2 + 4];
    const x = from[0] + (tx + SIDE / 2 - from[0]) * share;
    const y = from[1] + (ty + SIDE / 2 - from[1]) * share;
    if (y < top || y > top + tall) continue;
    context.beginPath();
    context.arc(x, y, 3, 0, 7);
    context.fill();
  }
}
