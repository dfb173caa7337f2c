/** A layered drawing of a graph: columns by the longest way, rows by what comes before and after
 * (Sugiyama, Tagawa & Toda, IEEE Trans. Systems, Man and Cybernetics 11, 1981). */

export interface Box {
  id: string;
  height: number;
}
export interface Line {
  from: string;
  to: string;
}
export interface Spot {
  x: number;
  y: number; // of the middle
}
export interface Drawn {
  boxes: Map<string, Spot>;
  lines: Spot[][]; // through its spots, in the order of what was given
  back: boolean[]; // whether a line leads to an earlier column, or the same one
  width: number;
  height: number;
  step: number; // from column to column
}

export const WIDTH = 158;
const WIDEST = 300; // from column to column
const NARROWEST = 220;
const GAP = 22;
const THIN = 16; // height of a line that passes a column
const SWEEPS = 6;

/** The column of each box: ways that close a circle do not count. */
export function columns(ids: string[], lines: Line[]): Map<string, number> {
  const next = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { from, to } of lines) if (from !== to) next.get(from)?.push(to);
  const done = new Set<string>();
  const order: string[] = [];
  const visit = (start: string) => {
    const stack: [string, number][] = [[start, 0]];
    done.add(start);
    while (stack.length) {
      const top = stack[stack.length - 1];
      const to = next.get(top[0])?.[top[1]++];
      if (to === undefined) order.push((stack.pop() as [string, number])[0]);
      else if (!done.has(to) && next.has(to)) {
        done.add(to);
        stack.push([to, 0]);
      }
    }
  };
  for (const id of ids) if (!done.has(id)) visit(id);
  const rank = new Map(order.reverse().map((id, n) => [id, n]));
  const column = new Map(ids.map((id) => [id, 0]));
  for (const id of order)
    for (const to of next.get(id) ?? []) {
      if ((rank.get(to) ?? 0) > (rank.get(id) ?? 0)) column.set(to, Math.max(column.get(to) ?? 0, (column.get(id) ?? 0) + 1));
    }
  return column;
}

export function layout(boxes: Box[], lines: Line[], last: (id: string) => boolean = () => false, room = 0): Drawn {
  const column = columns(boxes.map(({ id }) => id), lines);
  const first = 1 + Math.max(-1, ...boxes.filter(({ id }) => !last(id)).map(({ id }) => column.get(id) ?? 0));
  const early = boxes.filter(({ id }) => last(id)).map(({ id }) => first - (column.get(id) ?? 0));
  const shift = Math.max(0, ...(early.length ? [Math.min(...early)] : [0]));
  for (const { id } of boxes) if (last(id)) column.set(id, Math.max(first, (column.get(id) ?? 0) + shift));
  const heights = new Map(boxes.map(({ id, height }) => [id, height]));
  const layers: string[][] = [];
  const put = (id: string, n: number) => (layers[n] ??= []).push(id);
  for (const { id } of boxes) put(id, column.get(id) ?? 0);
  const before = new Map<string, string[]>();
  const after = new Map<string, string[]>();
  const join = (a: string, b: string) => {
    after.set(a, [...(after.get(a) ?? []), b]);
    before.set(b, [...(before.get(b) ?? []), a]);
  };
  const paths = lines.map(({ from, to }, n) => {
    const [a, b] = [column.get(from) ?? 0, column.get(to) ?? 0];
    if (b <= a) return [from, to];
    const path = [from];
    for (let x = a + 1; x < b; x++) {
      const id = `\n${n} ${x}`;
      heights.set(id, THIN);
      put(id, x);
      path.push(id);
    }
    path.push(to);
    for (let k = 1; k < path.length; k++) join(path[k - 1], path[k]);
    return path;
  });
  for (let n = 0; n < layers.length; n++) layers[n] ??= [];
  const at = new Map<string, number>();
  const number = () => layers.forEach((layer) => layer.forEach((id, k) => at.set(id, k / Math.max(1, layer.length - 1))));
  number();
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const near = sweep % 2 ? after : before;
    for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
      const middle = new Map(
        layer.map((id) => {
          const others = near.get(id) ?? [];
          return [id, others.length ? others.reduce((sum, other) => sum + (at.get(other) ?? 0), 0) / others.length : (at.get(id) ?? 0)];
        }),
      );
      layer.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
      layer.forEach((id, k) => at.set(id, k / Math.max(1, layer.length - 1)));
    }
  }
  const step = Math.min(WIDEST, Math.max(NARROWEST, (room - WIDTH) / Math.max(1, layers.length - 1)));
  const tall = layers.map((layer) => layer.reduce((sum, id) => sum + (heights.get(id) ?? 0) + GAP, -GAP));
  const height = Math.max(60, ...tall);
  const spots = new Map<string, Spot>();
  layers.forEach((layer, x) => {
    let y = (height - tall[x]) / 2;
    for (const id of layer) {
      const own = heights.get(id) ?? 0;
      spots.set(id, { x: x * step, y: y + own / 2 });
      y += own + GAP;
    }
  });
  return {
    boxes: spots,
    lines: paths.map((path) => path.map((id) => spots.get(id) as Spot)),
    back: lines.map(({ from, to }) => (column.get(to) ?? 0) <= (column.get(from) ?? 0)),
    width: (layers.length - 1) * step + WIDTH,
    height,
    step,
  };
}

/** A curve through spots, level at each; one that leads back goes round below. */
export function curve(spots: Spot[], back: boolean, heights: [number, number], low = 26): string {
  const [start, end] = [spots[0], spots[spots.length - 1]];
  if (back) {
    const [a, b] = [start.x + WIDTH / 2, end.x + WIDTH / 2];
    const bottom = Math.max(start.y + heights[0] / 2, end.y + heights[1] / 2) + low;
    return `M${a + 24},${start.y + heights[0] / 2} C${a + 24},${bottom} ${b - 24},${bottom} ${b - 24},${end.y + heights[1] / 2}`;
  }
  let out = `M${start.x + WIDTH},${start.y}`;
  let from = { x: start.x + WIDTH, y: start.y };
  spots.slice(1).forEach((spot, n) => {
    const middle = (from.x + spot.x) / 2;
    out += ` C${middle},${from.y} ${middle},${spot.y} ${spot.x},${spot.y}`;
    from = n === spots.length - 2 ? from : { x: spot.x + WIDTH, y: spot.y };
    if (n < spots.length - 2) out += ` L${from.x},${from.y}`;
  });
  return out;
}
