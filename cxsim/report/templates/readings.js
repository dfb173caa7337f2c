// The values of a picture where the pointer stands, or where arrow keys move to: told in a box beside it.
function tellValues(svg) {
  const { places, axes } = JSON.parse(svg.dataset.values);
  const box = svg.viewBox.baseVal, figure = svg.parentElement;
  const rule = document.createElementNS(svg.namespaceURI, "line");
  const told = document.createElement("output");
  rule.setAttribute("class", "rule");
  told.className = "told";
  told.hidden = true;
  svg.append(rule);
  figure.append(told);
  figure.tabIndex = 0;
  let panel = 0, place = -1;

  const number = (value, unit) =>
    unit === "%" ? `${value}%`
    : unit === "s" ? (value < 90 ? `${+value.toFixed(1)} s` : value < 7200 ? `${Math.floor(value / 60)}:${String(Math.round(value % 60)).padStart(2, "0")} min` : `${(value / 3600).toFixed(1)} h`)
    : value.toLocaleString("en", { maximumFractionDigits: 2 });

  const hide = () => { told.hidden = true; rule.style.display = "none"; };

  const show = () => {
    const { box: [, top, , bottom], at, unit, series } = axes[panel];
    const [x, names] = places[at];
    const rows = series.filter(([, , values]) => values[place] !== null);
    if (!rows.length) return hide();
    told.replaceChildren(Object.assign(document.createElement("b"), { textContent: names[place] }));
    for (const [label, colour, values, low, high] of rows) {
      const row = told.appendChild(document.createElement("span"));
      row.style.setProperty("--c", colour);
      const ends = low && low[place] !== null && high[place] !== null;
      row.textContent = `${label} ${number(values[place], unit)}` + (ends ? ` (${number(low[place], unit)} to ${number(high[place], unit)})` : "");
    }
    for (const [key, value] of Object.entries({ x1: x[place] / 10, x2: x[place] / 10, y1: top, y2: bottom })) rule.setAttribute(key, value);
    rule.style.display = "";
    told.hidden = false;
    const scale = svg.getBoundingClientRect().width / box.width;
    const beside = (x[place] / 10) * scale + 12;
    const most = figure.clientWidth - told.offsetWidth;
    told.style.left = `${beside > most ? Math.max(0, beside - 24 - told.offsetWidth) : beside}px`;
    told.style.top = `${svg.offsetTop + top * scale + 4}px`;
  };

  svg.addEventListener("pointermove", (event) => {
    const on = svg.getBoundingClientRect(), scale = box.width / on.width;
    const x = (event.clientX - on.left) * scale, y = (event.clientY - on.top) * scale;
    panel = axes.findIndex(({ box: [a, b, c, d] }) => x >= a - 4 && x <= c + 4 && y >= b - 8 && y <= d + 8);
    if (panel < 0) { panel = 0; return hide(); }
    const list = places[axes[panel].at][0];
    place = 0;
    list.forEach((at, i) => { if (Math.abs(at / 10 - x) < Math.abs(list[place] / 10 - x)) place = i; });
    show();
  });
  svg.addEventListener("pointerleave", hide);
  figure.addEventListener("blur", hide);
  figure.addEventListener("keydown", (event) => {
    const last = places[axes[panel].at][0].length - 1;
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12, Home: -last - 1, End: last + 1 }[event.key];
    const other = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "Escape") return hide();
    if (step === undefined && other === undefined) return;
    event.preventDefault();
    if (other) panel = Math.min(Math.max(panel + other, 0), axes.length - 1);
    place = Math.min(Math.max(place + (step ?? 0), 0), places[axes[panel].at][0].length - 1);
    show();
  });
}
