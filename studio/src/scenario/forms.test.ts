import { describe, expect, it } from "vitest";
import { type Placed, below, exactly, offers } from "./faults";
import { type Counted, endsOf, graphOf, queuesOf, shareOf } from "./graph";
import { begun, changed, goesOn, offset, redone, undone } from "./history";
import { columns, curve, layout } from "./layout";
import { type Root, amounts, label, named, partAt, placeholder, unitOf, waysOf } from "./schema";
import { sectionAt, sectionsOf } from "./sections";
import { ranked, skillOf, toggled } from "./skills";
import { type Node, find, flow, shown } from "./tree";

/** A tree as the service would tell it. */
function tree(value: unknown): Node {
  if (Array.isArray(value)) return { line: 1, list: value.map(tree) };
  if (value && typeof value === "object") return { line: 1, map: Object.entries(value).map(([key, item]) => [key, tree(item)]) };
  return { line: 1, text: value === null ? "" : String(value), kind: typeof value === "string" ? "text" : "number" };
}

const SHARE = { type: "string", pattern: "^\\s*[0-9.]+\\s*%\\s*$", examples: ["80%"] };
const TIME = { type: "string", examples: ["45s", "4 min"] };
const LAW = {
  anyOf: [
    TIME,
    { const: "never" },
    { type: "object", maxProperties: 1, properties: { gamma: { properties: { mean: {}, cv: {} } }, exponential: { properties: { mean: {} } } } },
  ],
};
const root: Root = {
  properties: {
    cxsim: { const: 1 },
    name: { type: "string", description: "name in reports; default: the file's name" },
    currency: { type: "string", default: "EUR" },
    brandnew: { type: "string" },
    groups: { type: "object", additionalProperties: { $ref: "#/$defs/Group" } },
    queues: { type: "object", additionalProperties: { $ref: "#/$defs/Queue" } },
    optimize: { anyOf: [{ $ref: "#/$defs/Optimize" }, { type: "null" }] },
  },
  $defs: {
    Group: {
      type: "object",
      required: ["agents"],
      properties: {
        agents: { anyOf: [{ type: "integer" }, { type: "array", items: { type: "integer" } }, { type: "null" }] },
        wage: { type: "number", unit: "currency", default: 0 },
        away: { ...LAW, default: { exponential: { mean: "10 min" } } },
        serves: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
        scheduled: { anyOf: [{ type: "boolean" }, { type: "null" }] },
        shrinkage: { anyOf: [SHARE, { type: "object", properties: { planned: SHARE } }] },
      },
    },
    Queue: {
      type: "object",
      properties: {
        overflow: { anyOf: [{ $ref: "#/$defs/Overflow" }, { type: "array", items: { $ref: "#/$defs/Overflow" } }] },
        shares: { type: "object", additionalProperties: SHARE },
      },
    },
    Overflow: { type: "object", properties: { after: TIME, to: { type: "string" } } },
    Optimize: { type: "object", properties: { budget: { anyOf: [{ type: "number" }, { type: "null" }], unit: "currency" } } },
  },
  names: { queues: ["groups.*.serves", "groups.*.skills.@", "flow.*.then"], flow: ["reasons.*.flow"] },
};
const group = root.$defs.Group.properties!;

describe("the kind of a field", () => {
  it("is read off the schema", () => {
    expect(waysOf(root, group.scheduled).choices).toEqual(["true", "false"]);
    expect(waysOf(root, group.agents)).toMatchObject({ lines: true, choices: null, object: null });
    expect(waysOf(root, group.away).laws?.properties).toHaveProperty("gamma");
    expect(waysOf(root, group.shrinkage).object?.properties).toHaveProperty("planned");
    expect(waysOf(root, root.$defs.Queue.properties!.overflow)).toMatchObject({ field: [], object: { type: "object" } });
    expect(waysOf(root, root.$defs.Queue.properties!.shares).map).toEqual(SHARE);
  });
  it("has its unit", () => {
    const units = ["wage", "away", "shrinkage", "agents"].map((key) => unitOf(waysOf(root, group[key]), "CHF"));
    expect(units).toEqual(["CHF", "time", "%", ""]);
    expect(unitOf(waysOf(root, root.$defs.Optimize.properties!.budget), "CHF")).toBe("CHF");
  });
  it("shows the default, or what is said of it", () => {
    expect(placeholder(group.wage, false)).toBe("default 0");
    expect(placeholder(group.away, false)).toBe("default 10 min, exponential");
    expect(placeholder(root.properties!.name, false)).toBe("the file's name");
    expect(placeholder(group.agents, true)).toBe("required");
  });
  it("is found at any place", () => {
    expect(partAt(root, ["groups", "some one", "wage"])).toBe(group.wage);
    expect(partAt(root, ["queues", "q", "overflow", 3, "after"])).toBe(TIME);
    expect(partAt(root, ["queues", "q", "nothing"])).toBeNull();
  });
});

it("names of parts are known by their place", () => {
  expect(named(root, ["groups", "a", "serves", 2])).toBe("queues");
  expect(named(root, ["groups", "a", "skills"], true)).toBe("queues");
  expect(named(root, ["groups", "a", "wage"])).toBe("");
});

it("every amount of money is found", () => {
  expect(amounts(root)).toEqual([["groups", "*", "wage"], ["optimize", "budget"]]);
});

it("a key that no section names stands in the first", () => {
  const sections = sectionsOf(root);
  expect(sections.flatMap(({ keys }) => keys).sort()).toEqual(Object.keys(root.properties!).sort());
  expect(sections[0].keys).toContain("brandnew");
  expect(sectionAt(sections, ["groups", "a", "wage"])).toEqual({ section: "groups", entry: "a" });
  expect(sectionAt(sections, ["currency"])).toEqual({ section: "general", entry: "" });
});

it.each([
  ["ai_agent", "AI agent"],
  ["after_contact", "After contact"],
])("%s is written as %s", (key, words) => expect(label(key)).toBe(words));

describe("a value in one line", () => {
  it.each([
    [[1, 2], "[1, 2]", "1, 2"],
    [{ mean: "3 min", cv: "80%" }, "{mean: 3 min, cv: 80%}", "{mean: 3 min, cv: 80%}"],
    [["a, b", "true", "12", "x: y"], '["a, b", "true", "12", "x: y"]', '"a, b", "true", "12", "x: y"'],
    ["80%/20s", "80%/20s", "80%/20s"],
    ["08:00-20:00", "08:00-20:00", "08:00-20:00"],
    ["<b>, {x}", '"<b>, {x}"', "<b>, {x}"],
  ])("%j", (value, line, text) => {
    expect(flow(tree(value))).toBe(line);
    expect(shown(tree(value))).toBe(text);
  });
});

describe("faults", () => {
  const fault = (at: (string | number)[], fix = "") => ({ at, fix, message: "", line: 1, column: 1 }) as Placed;
  it("belong to the field at or above them", () => {
    const all = [fault(["groups", "a"]), fault(["groups", "a", "agents", 2]), fault(["groups", "ab"])];
    expect(below(all, ["groups", "a"])).toHaveLength(2);
    expect(exactly(all, ["groups", "a"])).toHaveLength(1);
    expect(below(all, ["groups", "a", "agents"])).toHaveLength(1);
  });
  it.each([
    ["write '20s' or '20 min'", ["20s", "20 min"]],
    ["write '30%'", ["30%"]],
    ["did you mean 'wage'?", []],
    ["write under groups.desk 'scheduled: true' or 'scheduled: false'", []],
    ["add rows, or 'agents: 10'", []],
  ])("%s offers %j", (fix, texts) => expect(offers(fault([], fix))).toEqual(texts));
});

describe("steps back", () => {
  it("go to the text before, and forward again", () => {
    const one = changed(changed(begun("a"), "b"), "c");
    expect(undone(one).text).toBe("b");
    expect(redone(undone(one)).text).toBe("c");
    expect(undone(undone(undone(one))).text).toBe("a");
    expect(changed(undone(one), "d").future).toEqual([]);
  });
  it("join what is typed without a pause", () => {
    expect(goesOn(0, 999) && !goesOn(0, 1001)).toBe(true);
    const typed = changed(changed(begun("a"), "ab"), "abc", true);
    expect(undone(typed).text).toBe("a");
  });
  it("keep no more than there is room for", () => {
    let now = begun("");
    for (let n = 0; n < 300; n++) now = changed(now, `${n}`);
    expect(now.past).toHaveLength(100);
    const large = changed(changed(begun("x".repeat(900_000)), "y".repeat(900_000)), "z");
    expect(large.past).toHaveLength(1);
  });
});

it("lines and columns are places of the text", () => {
  expect(offset("ab\ncd\n", 2, 2)).toBe(4);
  expect(offset("ab", 9, 9)).toBe(2);
});

describe("teams and skills", () => {
  const serves = tree({ serves: ["a", "b"] });
  const skills = tree({ skills: { a: { rank: 2 }, b: {} } });
  it("are read in both forms", () => {
    expect([skillOf(serves, "a"), skillOf(serves, "c"), skillOf(skills, "a"), skillOf(skills, "b")]).toEqual(["serves", "", "2", "serves"]);
  });
  it("change in the form that the group has", () => {
    expect(toggled("g", serves, "a")).toEqual([{ do: "remove", path: ["groups", "g", "serves", 0] }]);
    expect(toggled("g", serves, "c")).toEqual([{ do: "put", path: ["groups", "g", "serves", 2], value: "c" }]);
    expect(toggled("g", tree({ serves: "a" }), "c")).toEqual([{ do: "put", path: ["groups", "g", "serves"], value: ["a", "c"] }]);
    expect(toggled("g", tree({}), "c")).toEqual([{ do: "put", path: ["groups", "g", "serves"], value: ["c"] }]);
    expect(toggled("g", skills, "a")).toEqual([{ do: "remove", path: ["groups", "g", "skills", "a"] }]);
    expect(toggled("g", skills, "c")).toEqual([{ do: "put", path: ["groups", "g", "skills", "c"], value: {} }]);
  });
  it("list skills once a rank is given", () => {
    expect(ranked("g", skills, "b", "3")).toEqual([{ do: "put", path: ["groups", "g", "skills", "b", "rank"], typed: "3" }]);
    expect(ranked("g", serves, "b", "3").map((step) => step.do)).toEqual(["put", "put", "remove"]);
  });
});

const CENTER = tree({
  reasons: { bill: { flow: "main" }, move: {}, other: { queue: "general" } },
  flow: {
    main: { menu: {}, to: { one: "bot", two: "general", three: "general" }, otherwise: "closed" },
    bot: { self_service: {}, then: "billing" },
  },
  queues: {
    billing: { overflow: { after: "30s", to_queue: "general" }, callback: { over: "3 min" } },
    general: { transfers: [{ to: "second", share: "20%" }], overflow: [{ after: "60s", to: ["late"] }] },
  },
  groups: { front: { serves: ["billing", "general"] }, late: { skills: { general: {} } } },
});

describe("the contact flow", () => {
  const graph = graphOf(CENTER);
  const way = (from: string, to: string) => graph.ways.find((one) => one.from === from && one.to === to);
  it("has every queue that is named anywhere", () => {
    expect(queuesOf(CENTER).sort()).toEqual(["billing", "general", "move", "second"]);
  });
  it("leads from reasons over nodes to queues", () => {
    expect(way("reason:bill", "node:main")?.kind).toBe("begin");
    expect(way("reason:move", "queue:move")?.kind).toBe("begin");
    expect(way("node:main", "queue:general")?.label).toBe("two, three");
    expect(way("node:main", "end:closed")?.label).toBe("otherwise");
    expect(way("queue:billing", "queue:general")).toMatchObject({ kind: "overflow", label: "after 30s" });
    expect(way("queue:general", "queue:second")?.kind).toBe("transfer");
  });
  it("says what a queue offers and who serves it", () => {
    const lines = (id: string) => graph.places.find((place) => place.id === id)?.lines;
    expect(lines("queue:billing")).toEqual(["front", "callback over 3 min"]);
    expect(lines("queue:general")).toEqual(["front, late", "after 60s also late"]);
    expect(lines("queue:second")).toEqual(["no group serves it"]);
  });
  it("has shares once contacts are counted", () => {
    const counted: Counted = {
      replications: 1,
      ways: [["node:main", "queue:general", "next", 30], ["queue:general", "queue:second", "transfer", 10], ["node:main", "node:main", "next", 12]],
      places: { "node:main": { visits: 100, ends: { "hung up": 5, "handed on": 95 } }, "queue:general": { visits: 50, ends: { transferred: 10 } } },
    };
    expect(shareOf(counted, way("node:main", "queue:general")!)).toBe(0.3);
    expect(shareOf(counted, way("queue:general", "queue:second")!)).toBe(0.2);
    expect(shareOf(counted, way("reason:move", "queue:move")!)).toBeNull();
    expect(endsOf(counted, "node:main")).toEqual(["12 % try again", "5.0 % hang up"]);
  });
});

describe("the drawing", () => {
  const boxes = (...ids: string[]) => ids.map((id) => ({ id, height: 40 }));
  it("puts each box behind those that lead to it, and circles do not count", () => {
    const found = columns(["a", "b", "c"], [{ from: "a", to: "b" }, { from: "b", to: "c" }, { from: "a", to: "c" }, { from: "c", to: "b" }]);
    expect([...found.entries()]).toEqual([["a", 0], ["b", 1], ["c", 2]]);
  });
  it("ends for a way from a box to itself and for a circle without a beginning", () => {
    const drawn = layout(boxes("a", "b"), [{ from: "a", to: "a" }, { from: "a", to: "b" }, { from: "b", to: "a" }]);
    expect(drawn.back).toEqual([true, false, true]);
  });
  it("lets no two boxes overlap", () => {
    const ids = Array.from({ length: 60 }, (_, n) => `b${n}`);
    const lines = ids.flatMap((from, n) => [7, 13, 29].map((k) => ({ from, to: ids[(n * k + 3) % 60] })));
    const drawn = layout(boxes(...ids), lines);
    const spots = ids.map((id) => drawn.boxes.get(id)!);
    for (const [n, a] of spots.entries())
      for (const b of spots.slice(n + 1)) expect(a.x !== b.x || Math.abs(a.y - b.y) >= 40).toBe(true);
    expect(drawn.lines.every((path, n) => curve(path, drawn.back[n], [40, 40]).startsWith("M"))).toBe(true);
  });
  it("puts queues last", () => {
    const drawn = layout(boxes("r", "n", "q", "s"), [{ from: "r", to: "q" }, { from: "n", to: "s" }, { from: "r", to: "n" }], (id) => id === "q" || id === "s");
    expect(drawn.boxes.get("q")!.x).toBe(drawn.boxes.get("s")!.x);
    expect(drawn.boxes.get("q")!.x).toBeGreaterThan(drawn.boxes.get("n")!.x);
  });
});

it("a place is found in a tree", () => {
  expect(find(CENTER, ["queues", "general", "transfers", 0, "to"])?.text).toBe("second");
  expect(find(CENTER, ["queues", "nothing", "to"])).toBeUndefined();
});
