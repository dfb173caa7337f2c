
// The charts of a report in a notebook: a button for each, and below them the one that is chosen.
function render({ model, el }) {
  const make = (tag, parts = {}) => Object.assign(document.createElement(tag), parts);
  const heading = make("div", { className: "wide", innerHTML: model.get("heading") });
  const choice = make("div", { className: "choice", role: "group", ariaLabel: "Chart" });
  const says = make("p", { className: "says" });
  const figure = make("figure");
  const behind = make("details"), table = make("div", { className: "scroll" });
  behind.append(make("summary", { textContent: "The table" }), table);
  el.classList.add("cxsim");
  el.replaceChildren(heading, choice, says, figure, behind);
  const buttons = model.get("charts").map(({ key, title }) => {
    const button = make("button", { type: "button", textContent: title });
    button.addEventListener("click", () => { model.set("chosen", key); model.save_changes(); show(); });
    choice.append(button);
    return [key, button];
  });
  let shown = "";

  function show() {
    const key = model.get("chosen"), made = model.get("drawn")[key];
    for (const [of, button] of buttons) button.setAttribute("aria-pressed", String(of === key));
    says.textContent = model.get("charts").find((one) => one.key === key)?.sentence ?? "";
    el.setAttribute("aria-busy", String(!made && buttons.length > 0));
    if (!made || shown === key) return;
    shown = key;
    figure.innerHTML = made.svg;
    table.innerHTML = made.table;
    figure.querySelectorAll("svg[data-values]").forEach(tellValues);
  }

  model.on("change:chosen", show);
  model.on("change:drawn", show);
  show();
  return () => { model.off("change:chosen", show); model.off("change:drawn", show); };
}

export default { render };
