"use strict";
(() => {
  // Every method's confusion matrix beside the others; one is chosen by selecting it.
  const box = at("small"), chosen = at("arm");
  const known = data.arms.filter(one => one.confusion);
  if (known.length > 1) {
    const { labels } = known[0].confusion;
    const asked = row => known[0].confusion.counts[row].reduce((sum, count) => sum + count, 0);
    const order = labels.map((_, row) => row).sort((a, b) => asked(b) - asked(a) || a - b).filter(asked);
    for (const one of known) box.append(small(one, order));
    const mark = () => {
      for (const button of box.children) button.setAttribute("aria-pressed", button.dataset.name === chosen.value);
    };
    chosen.addEventListener("change", mark);
    mark();
  }
  function small(one, order) {
    const { labels, counts } = one.confusion, columns = [...order, labels.length];
    const right = order.reduce((sum, row) => sum + counts[row][row], 0);
    const total = order.reduce((sum, row) => sum + counts[row].reduce((all, count) => all + count, 0), 0);
    const button = make("button", null, { "data-name": one.name, "aria-label": `${one.name}: ${right} of ${total} right` });
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("viewBox", `0 0 ${columns.length} ${order.length}`);
    picture.setAttribute("aria-hidden", "true");
    order.forEach((row, y) => columns.forEach((column, x) => {
      const all = counts[row].reduce((sum, count) => sum + count, 0), cell = document.createElementNS(picture.namespaceURI, "rect");
      for (const [name, value] of [["x", x + .04], ["y", y + .04], ["width", .92], ["height", .92]]) cell.setAttribute(name, value);
      cell.setAttribute("class", row === column ? "on" : "off");
      cell.style.opacity = counts[row][column] ? .15 + .85 * counts[row][column] / all : .05;
      picture.append(cell);
    }));
    button.append(picture, make("b", one.name), make("span", `${right} of ${total}`, { class: "soft" }));
    button.onclick = () => {
      chosen.value = one.name;
      chosen.dispatchEvent(new Event("change"));
    };
    return button;
  }

  // Two methods on the cases that both answered.
  const first = at("first"), second = at("second");
  if (!first) return;
  const SIDES = {
    one: [(a, b) => a.right && !b.right, "first right, second wrong"],
    other: [(a, b) => !a.right && b.right, "second right, first wrong"],
    neither: [(a, b) => !a.right && !b.right, "both wrong"],
  };
  const state = { side: "one", shown: PAGE };
  const answers = name => data.arms.find(one => one.name === name).answers;
  function draw() {
    const a = answers(first.value), b = answers(second.value), both = Object.keys(a).filter(id => id in b);
    const found = Object.fromEntries(Object.entries(SIDES).map(([side, [fits]]) => [side, both.filter(id => fits(a[id], b[id]))]));
    at("sides").replaceChildren(...Object.entries(SIDES).map(([side, [, words]]) => {
      const button = make("button", `${words} (${found[side].length})`, { "aria-pressed": side === state.side });
      button.onclick = () => {
        Object.assign(state, { side, shown: PAGE });
        draw();
        at("sides").querySelector("[aria-pressed=true]").focus();
      };
      return button;
    }));
    const shown = found[state.side].slice(0, state.shown);
    at("apart").replaceChildren(...(shown.length ? shown.map(id => pair(id, a[id], b[id])) : [make("p", "No case.", { class: "soft" })]));
    at("apart-more").hidden = found[state.side].length <= state.shown;
  }
  function pair(id, a, b) {
    const card = make("article", null, { class: "answer" }), text = make("div"), sides = make("div", null, { class: "sides" });
    text.append(make("p", `true: ${data.cases[id].truth.join(", ")}`), sides, about(id));
    for (const [name, one] of [[first.value, a], [second.value, b]]) {
      const side = make("div");
      side.append(make("div", name, { class: "soft" }), answered(one));
      if (one.exemplars.length || (one.raw && one.raw !== one.label)) side.append(transcript(id, one));
      sides.append(side);
    }
    card.append(picture(id), text);
    return card;
  }
  const change = () => {
    state.shown = PAGE;
    draw();
  };
  first.onchange = second.onchange = change;
  second.selectedIndex = first.selectedIndex === 0 && second.options.length > 1 ? 1 : 0;
  for (const cell of document.querySelectorAll(".verdicts td[data-first]")) {
    const [name, other] = [cell.dataset.first, cell.dataset.second], words = cell.querySelector("b");
    const button = make("button", words.textContent, { "aria-label": `${words.textContent}: cases of ${name} against ${other}` });
    words.replaceWith(button);
    button.onclick = () => {
      first.value = name;
      second.value = other;
      change();
      at("versus").scrollIntoView({ block: "start" });
    };
  }
  at("apart-more").onclick = () => {
    state.shown += 3 * PAGE;
    draw();
  };
  draw();
})();
